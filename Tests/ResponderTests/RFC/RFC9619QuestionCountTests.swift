// RFC 9619: a query has exactly one question. And what else makes a message no query.

import ResponderModel
import Testing

@Suite struct RFC9619QuestionCountTests {
    let server: TestServer

    init() throws {
        server = try TestServer("example. 60 SOA ns.example. a.example. 1 2 3 4 5\nexample. 60 NS ns.test.\n")
    }

    private func rcode(_ bytes: [UInt8]) throws -> Int {
        let message = try WireMessage(server.answer(bytes))
        #expect(message.isResponse && message.id == 0x1234 && message.records.isEmpty)
        return message.rcode
    }

    @Test func noneOrSeveralAreFORMERR() throws {
        let query = TestQuery("example. SOA")
        #expect(try rcode(query.header([0, 0, 0, 0])) == 1)
        #expect(try rcode(query.header([2, 0, 0, 0]) + query.question + query.question) == 1)
        #expect(try rcode(query.header([2, 0, 0, 0]) + query.question) == 1)
        #expect(try rcode(query.header([65535, 0, 0, 0]) + query.question) == 1)
    }

    @Test func aQuestionThatEndsEarlyIsFORMERR() throws {
        let bytes = TestQuery("example. SOA").bytes
        for length in 12..<bytes.count { #expect(try rcode(Array(bytes[..<length])) == 1, "\(length) octets") }
    }

    @Test func lessThanAHeaderIsNotAnswered() {
        let bytes = TestQuery("example. SOA").bytes
        for length in 0..<12 { #expect(server.answer(Array(bytes[..<length])) == []) }
    }

    @Test func responsesAreNotAnswered() {
        var query = TestQuery("example. SOA")
        query.flags = 0x8000
        #expect(server.answer(query.bytes) == [])
        query.flags = 0xFFFF
        #expect(server.answer(query.bytes) == [])
        #expect(server.answer(query.header([0, 0, 0, 0])) == [])
    }

    @Test(arguments: [UInt16(1), 2, 3, 4, 5, 6, 15])
    func otherOpcodesAreNOTIMP(_ opcode: UInt16) throws {
        var query = TestQuery("example. SOA")
        query.flags = opcode << 11
        let message = try WireMessage(server.answer(query.bytes))
        #expect(message.rcode == 4 && message.flags & 0x7800 == opcode << 11 && message.isResponse)
    }

    @Test func otherOpcodesGetTheirQuestionAndOPTBack() throws {
        var query = TestQuery("example. SOA +edns")
        query.flags = 4 << 11
        let message = try server.ask(query)
        #expect(message.rcode == 4 && message.opt != nil)
        // An UPDATE has records in every section (RFC 2136, section 2).
        query.flags = 5 << 11
        let record: [UInt8] = [0xC0, 12, 0, 1, 0, 254, 0, 0, 0, 0, 0, 0]
        let update = query.header([1, 1, 1, 1]) + query.question + record + record + query.opt
        let answer = try WireMessage(server.answer(update))
        #expect(answer.rcode == 4 && answer.opt != nil && answer.questions.count == 1 && answer.records.isEmpty)
        for length in 12..<update.count {
            #expect(try WireMessage(server.answer(Array(update[..<length]))).rcode == 4, "\(length) octets")
        }
    }

    @Test func answersInQueriesAreFORMERR() throws {
        let query = TestQuery("example. SOA")
        let record: [UInt8] = [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4]
        #expect(try rcode(query.header([1, 1, 0, 0]) + query.question + record) == 1)
        #expect(try rcode(query.header([1, 0, 1, 0]) + query.question + record) == 1)
        #expect(try rcode(query.header([1, 0, 0, 1]) + query.question + record.dropLast()) == 1)
        #expect(try rcode(query.header([1, 0, 0, 2]) + query.question + record) == 1)
        #expect(try rcode(query.header([1, 0, 0, 0]) + query.question + [0]) == 1)
    }

    @Test func otherClassesAndMetaTypesAreRefused() throws {
        for rrClass: UInt16 in [0, 2, 3, 4, 254, 255, 65280] {
            var query = TestQuery("example. SOA")
            query.rrClass = rrClass
            #expect(try server.ask(query).rcode == 5, "class \(rrClass)")
        }
        #expect(try server.ask("example. AXFR").status == "REFUSED")
        #expect(try server.ask("example. IXFR").status == "REFUSED")
        for type in ["OPT", "TSIG", "TYPE249", "TYPE128"] {
            let reply = try server.ask("example. \(type) +edns")
            #expect(reply.status == "FORMERR", "\(type)")
            #expect(reply.message.extendedErrors == [30], "\(type)")
        }
    }
}
