import DNSCore

enum RDataText {
    static func isValid(_ rdata: [UInt8], type: RRType) -> Bool { true }
}
