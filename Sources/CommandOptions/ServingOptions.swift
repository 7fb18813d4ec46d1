// What an operator sets for the responders: limits, and what they tell of themselves.

import ArgumentParser

/// The options of `authd`, which `zonecast` passes on.
package struct ServingOptions: PassedOptions {
    @Flag(help: "Bind each UDP thread to a processor, counting through those of all responders.")
    package var pin = false

    @Option(
        help: ArgumentHelp(
            "Maximum number of TCP connections, for each responder; fewer where the limit on descriptors is lower.",
            valueName: "n"))
    package var tcpConnections = 1024

    @Option(help: ArgumentHelp("Maximum number of TCP connections from one client.", valueName: "n"))
    package var tcpConnectionsPerClient = 100

    @Option(help: ArgumentHelp("Leading bits of an IPv4 address that identify a TCP client.", valueName: "bits"))
    package var tcpClientIpv4Prefix = 32

    @Option(help: ArgumentHelp("Leading bits of an IPv6 address that identify a TCP client.", valueName: "bits"))
    package var tcpClientIpv6Prefix = 64

    @Option(
        help: ArgumentHelp(
            "Seconds after which a TCP connection is closed that is silent, does not complete a message, or does not take an answer.",
            valueName: "s"))
    package var tcpIdle = 10

    @Option(
        help: ArgumentHelp(
            "Maximum size of answers that wait for a TCP client to read, for each connection; it is not read from meanwhile. "
                + "Such as 64K.", valueName: "size"))
    package var tcpBacklog = ByteCount(bytes: 256 << 10)

    @Option(
        help: ArgumentHelp(
            "The same for all connections of one client; the largest backlog is closed.", valueName: "size"))
    package var tcpBacklogPerClient = ByteCount(bytes: 4 << 20)

    @Option(
        help: ArgumentHelp(
            "The same for all connections of a responder; the largest backlog is closed.", valueName: "size"))
    package var tcpBacklogTotal = ByteCount(bytes: 64 << 20)

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

    @Flag(help: "Answer generation.zonecast (TXT, class CH) with the number and the digest of the generation.")
    package var tellGeneration = false

    @Option(
        help: ArgumentHelp(
            "A file with one or two keys of 32 hexadecimal digits, each on a line: the first makes cookies, both verify "
                + "them. Servers that share an address share it. Default: a random key for as long as the system runs.",
            valueName: "file"), completion: .file())
    package var cookieSecretFile: String?

    @Option(
        help: ArgumentHelp(
            "Who may ask: only these addresses, if any are given. Of several prefixes the longest decides. May be repeated.",
            valueName: "address[/bits]"))
    package var allow: [PrefixArgument] = []

    @Option(help: ArgumentHelp("Who may not ask, and is refused. May be repeated.", valueName: "address[/bits]"))
    package var deny: [PrefixArgument] = []

    @Option(
        help: ArgumentHelp(
            "Answers a second over UDP to one network about one name; what is said of names that do not exist counts for the "
                + "whole zone. 0: no limit. Clients with a good cookie are not limited.", valueName: "n"))
    package var rateLimit = 0

    @Option(
        help: ArgumentHelp(
            "Every n-th answer beyond the limit goes out truncated, so that real clients come back by TCP; 0: none.",
            valueName: "n"))
    package var rateLimitSlip = 2

    @Option(help: ArgumentHelp("The leading bits of an IPv4 address that make its network.", valueName: "bits"))
    package var rateLimitIpv4Prefix = 24

    @Option(help: ArgumentHelp("The same for IPv6.", valueName: "bits"))
    package var rateLimitIpv6Prefix = 56

    @Option(help: ArgumentHelp("Who is not limited. May be repeated.", valueName: "address[/bits]"))
    package var rateLimitExempt: [PrefixArgument] = []

    @Flag(
        help: ArgumentHelp(
            "Keep the right to write files, to connect, and to start programs, which authd gives up before it reads a packet."
        ))
    package var noSandbox = false

    package init() {}

    private static let smallestBacklog = 64 << 10

    /// The most octets of a text that the server tells of itself: what `ResponderOptions` keeps of it, which this module
    /// does not know.
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
        guard tcpConnectionsPerClient > 0 else {
            throw ValidationError("--tcp-connections-per-client is at least 1.")
        }
        guard (0...60000).contains(rateLimit) else { throw ValidationError("--rate-limit goes from 0 to 60000.") }
        guard (0...100).contains(rateLimitSlip) else { throw ValidationError("--rate-limit-slip goes from 0 to 100.") }
        guard (1...32).contains(rateLimitIpv4Prefix), (1...128).contains(rateLimitIpv6Prefix) else {
            throw ValidationError("--rate-limit-ipv4-prefix goes from 1 to 32, --rate-limit-ipv6-prefix from 1 to 128.")
        }
        guard (1...32).contains(tcpClientIpv4Prefix), (1...128).contains(tcpClientIpv6Prefix) else {
            throw ValidationError("--tcp-client-ipv4-prefix goes from 1 to 32, --tcp-client-ipv6-prefix from 1 to 128.")
        }
        for (option, size) in [
            ("--tcp-backlog", tcpBacklog), ("--tcp-backlog-per-client", tcpBacklogPerClient),
            ("--tcp-backlog-total", tcpBacklogTotal),
        ] where !(ServingOptions.smallestBacklog...1 << 40).contains(size.bytes) {
            // Less than the longest answer would never let it out.
            throw ValidationError("\(option) goes from 64K to 1T.")
        }
        guard (1...3600).contains(tcpIdle) else { throw ValidationError("--tcp-idle is 1 to 3600 seconds.") }
    }

    package var arguments: [String] {
        (pin ? ["--pin"] : []) + (tellGeneration ? ["--tell-generation"] : [])
            + (noSandbox ? ["--no-sandbox"] : [])
            + spelled("--tcp-connections", tcpConnections)
            + spelled("--tcp-idle", tcpIdle)
            + spelled("--max-udp-payload", maxUdpPayload)
            + spelled("--identity", identity) + spelled("--version-text", versionText)
            + spelled("--cookie-secret-file", cookieSecretFile)
            + spelled("--tcp-connections-per-client", tcpConnectionsPerClient)
            + spelled("--tcp-client-ipv4-prefix", tcpClientIpv4Prefix)
            + spelled("--tcp-client-ipv6-prefix", tcpClientIpv6Prefix)
            + spelled("--tcp-backlog", tcpBacklog)
            + spelled("--tcp-backlog-per-client", tcpBacklogPerClient)
            + spelled("--tcp-backlog-total", tcpBacklogTotal)
            + allow.flatMap { spelled("--allow", $0) } + deny.flatMap { spelled("--deny", $0) }
            + spelled("--rate-limit", rateLimit) + spelled("--rate-limit-slip", rateLimitSlip)
            + spelled("--rate-limit-ipv4-prefix", rateLimitIpv4Prefix)
            + spelled("--rate-limit-ipv6-prefix", rateLimitIpv6Prefix)
            + rateLimitExempt.flatMap { spelled("--rate-limit-exempt", $0) }
    }
}
