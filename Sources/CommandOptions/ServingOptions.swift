// What an operator sets for the responders: limits, and what they tell of themselves.

import ArgumentParser

/// The options of `authd`, which `zonecast` passes on.
package struct ServingOptions: PassedOptions {
    @Option(help: ArgumentHelp("TCP connections at a time, for each responder.", valueName: "n"))
    package var tcpConnections = 1024

    @Option(help: ArgumentHelp("Seconds after which a silent TCP connection is closed.", valueName: "s"))
    package var tcpIdle = 10

    @Option(
        help: ArgumentHelp(
            "The most octets of an answer over UDP, 512 to 4096; also offered to others.", valueName: "n"))
    package var maxUdpPayload = 1232

    @Option(
        help: ArgumentHelp(
            "The server's name, told to those who ask by NSID, id.server or hostname.bind. Default: not told.",
            valueName: "text"))
    package var identity: String?

    @Option(
        help: ArgumentHelp(
            "What version.server and version.bind are answered with. Default: not told.", valueName: "text"))
    package var versionText: String?

    @Option(
        help: ArgumentHelp(
            "A file with one or two keys of 32 hexadecimal digits, each on a line: the first makes cookies, both verify "
                + "them. Servers that share an address share it. Default: a random key for as long as the system runs.",
            valueName: "file"))
    package var cookieSecretFile: String?

    package init() {}

    /// The most octets of a text that the server tells of itself.
    package static let longestText = 64

    package func validate() throws {
        guard (512...4096).contains(maxUdpPayload) else { throw ValidationError("--max-udp-payload is 512 to 4096.") }
        for (option, text) in [("--identity", identity), ("--version-text", versionText)] {
            guard let text else { continue }
            guard (1...ServingOptions.longestText).contains(text.utf8.count) else {
                throw ValidationError("\(option) takes 1 to \(ServingOptions.longestText) octets of text.")
            }
        }
        guard tcpConnections > 0 else { throw ValidationError("--tcp-connections is at least 1.") }
        guard (1...3600).contains(tcpIdle) else { throw ValidationError("--tcp-idle is 1 to 3600 seconds.") }
    }

    package var arguments: [String] {
        spelled("--tcp-connections", tcpConnections)
            + spelled("--tcp-idle", tcpIdle)
            + spelled("--max-udp-payload", maxUdpPayload)
            + spelled("--identity", identity) + spelled("--version-text", versionText)
            + spelled("--cookie-secret-file", cookieSecretFile)
    }
}
