// What a service manager is told, by the protocol of systemd's sd_notify: datagrams to the socket that NOTIFY_SOCKET names. Without
// one there is nobody to tell.

/// The service manager that has started this process, if any.
package struct ServiceManager: Sendable {
    /// Where it listens, for the program that this process becomes.
    package let socket: String?

    /// Takes the variable, so that no child speaks for us.
    package init() {
        socket = Environment.take(Variable.notifySocket)
    }

    /// The service does what it is there for.
    ///
    /// - Parameter status: for people, one line.
    package func tellReady(_ status: String) throws(PlatformError) { try tell("READY=1\nSTATUS=\(status)\n") }

    /// The service is about to end.
    package func tellStopping() throws(PlatformError) { try tell("STOPPING=1\n") }

    private func tell(_ text: String) throws(PlatformError) {
        guard let socket, socket.hasPrefix("/") || socket.hasPrefix("@") else { return }
        try System.send(text, to: socket)
    }
}
