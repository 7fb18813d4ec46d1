// The parameters of SVCB and HTTPS records (RFC 9460, section 2.1 and appendix A).

import DNSCore

extension RDataParser {
    mutating func parseServiceParameters(from entry: inout Entry) throws(ParseFailure) {
        throw entry.missing("parameters")
    }
}
