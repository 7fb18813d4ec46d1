// WKS (RFC 1035, section 3.4.2). The names of protocols and services come from this table and never from the machine:
// the same file must give the same octets everywhere.

import DNSCore

/// The protocols and services that WKS records may name; any may also be given by number.
enum WellKnownServices {
    static let protocols = NumberRegistry(
        names: [
            ("ICMP", 1), ("IGMP", 2), ("GGP", 3), ("TCP", 6), ("EGP", 8), ("PUP", 12), ("UDP", 17), ("HMP", 20),
            ("RDP", 27),
        ])

    /// Of RFC 1010 and RFC 1060, which are of WKS's time, and the few since that one meets.
    static let services = NumberRegistry(
        names: [
            ("RJE", 5), ("ECHO", 7), ("DISCARD", 9), ("USERS", 11), ("SYSTAT", 11), ("DAYTIME", 13), ("NETSTAT", 15),
            ("QUOTE", 17), ("QOTD", 17), ("CHARGEN", 19), ("FTP-DATA", 20), ("FTP", 21), ("SSH", 22), ("TELNET", 23),
            ("SMTP", 25), ("NSW-FE", 27), ("MSG-ICP", 29), ("MSG-AUTH", 31), ("DSP", 33), ("TIME", 37), ("RLP", 39),
            ("GRAPHICS", 41), ("NAMESERVER", 42), ("NICNAME", 43), ("WHOIS", 43), ("MPM-FLAGS", 44), ("MPM", 45),
            ("MPM-SND", 46), ("NI-FTP", 47), ("LOGIN", 49), ("LA-MAINT", 51), ("DOMAIN", 53), ("ISI-GL", 55),
            ("NI-MAIL", 61), ("VIA-FTP", 63), ("TACACS-DS", 65), ("BOOTPS", 67), ("BOOTPC", 68), ("TFTP", 69),
            ("GOPHER", 70), ("NETRJS-1", 71), ("NETRJS-2", 72), ("NETRJS-3", 73), ("NETRJS-4", 74), ("FINGER", 79),
            ("HTTP", 80), ("WWW", 80), ("HOSTS2-NS", 81), ("KERBEROS", 88), ("SU-MIT-TG", 89), ("MIT-DOV", 91),
            ("DCP", 93),
            ("SUPDUP", 95), ("SWIFT-RVF", 97), ("TACNEWS", 98), ("METAGRAM", 99), ("HOSTNAME", 101), ("HOSTNAMES", 101),
            ("ISO-TSAP", 102),
            ("X400", 103), ("X400-SND", 104), ("CSNET-NS", 105), ("RTELNET", 107), ("POP-2", 109), ("POP2", 109),
            ("POP3", 110),
            ("SUNRPC", 111), ("AUTH", 113), ("SFTP", 115), ("UUCP-PATH", 117), ("NNTP", 119), ("ERPC", 121),
            ("NTP", 123), ("LOCUS-MAP", 125), ("LOCUS-CON", 127), ("PWDGEN", 129), ("CISCO-FNA", 130),
            ("CISCO-TNA", 131), ("CISCO-SYS", 132), ("STATSRV", 133), ("INGRES-NET", 134), ("LOC-SRV", 135),
            ("PROFILE", 136), ("NETBIOS-NS", 137), ("NETBIOS-DGM", 138),
            ("NETBIOS-SSN", 139), ("EMFIS-DATA", 140), ("EMFIS-CNTL", 141), ("BL-IDM", 142), ("IMAP", 143),
            ("IMAP2", 143), ("NEWS", 144), ("SNMP", 161), ("SNMPTRAP", 162), ("BGP", 179), ("IRC", 194), ("LDAP", 389),
            ("HTTPS", 443), ("IMAPS", 993), ("POP3S", 995),
        ])
}

extension RDataParser {
    /// A protocol, and services as a bitmap of ports.
    mutating func parseServices(from entry: inout Entry) throws(ParseFailure) {
        do throws(ParseFailure) {
            try parseMnemonic(WellKnownServices.protocols, upTo: 255, from: &entry)
        } catch {
            throw error.about("protocol")
        }
        let start = buffer.count
        let registry = WellKnownServices.services
        while !entry.isAtEnd {
            let token = try entry.takeWord("a service")
            let text = entry.octets(of: token)
            guard let port = text.decimal ?? registry.number(of: text).map(UInt64.init), port <= 65535 else {
                throw entry.expected("a port from 0 to 65535 or the name of a well-known service", token)
            }
            while buffer.count < start + Int(port) / 8 + 1 { buffer.append(UInt8(0)) }
            buffer[start + Int(port) / 8] |= 0x80 >> UInt8(port % 8)
        }
    }
}
