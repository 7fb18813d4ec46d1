// The questions of a run as ready messages, one after the other in memory, so that sending one is a copy.

import DNSCore
import Platform

/// Ready messages and what is known of their answers. Messages are in the order in which they are asked, so that the
/// processor's prefetcher sees what comes.
struct QuestionCorpus {
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    struct Entry {
        let start: UInt32
        let length: UInt16
        /// Where the question section ends, which an answer repeats from octet 12 on.
        let questionEnd: UInt16
        /// The code of a right answer, or 0xffff for any.
        let expected: UInt16
    }

    static let longestMessage = 300

    var count: Int { entries.count }

    /// Reads a file of questions.
    init(file path: String) throws {
        let descriptor = try System.open(path, 0)
        let text = String(decoding: try System.readToEnd(descriptor.number, of: path), as: UTF8.self)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            switch Question.parse(line) {
            case .success(let question):
                do {
                    try append(question)
                } catch {
                    throw BenchError.badQuestion(file: path, line: index + 1, reason: "\(error)")
                }
            case .failure(let error):
                throw BenchError.badQuestion(file: path, line: index + 1, reason: error.reason)
            }
        }
        guard count > 0 else { throw BenchError.noQuestions(file: path) }
    }

    init(_ questions: [Question]) throws(NameTextError) {
        for question in questions { try append(question) }
    }

    private mutating func append(_ question: Question) throws(NameTextError) {
        let message = try question.message()
        let end = message.count - EDNS.emptyRecordSize
        entries.append(
            Entry(
                start: UInt32(bytes.count), length: UInt16(message.count), questionEnd: UInt16(end),
                expected: question.expected?.rawValue ?? 0xffff))
        bytes += message
    }

    /// Copies a message to where there is room for the longest one; returns its length.
    @inline(__always)
    func copy(_ index: Int, id: UInt16, to target: UnsafeMutablePointer<UInt8>) -> UInt32 {
        let entry = entries[index]
        bytes.withUnsafeBufferPointer { bytes in
            // Safe: an entry lies in the bytes, and is no longer than `longestMessage`.
            target.update(from: bytes.baseAddress! + Int(entry.start), count: Int(entry.length))
        }
        target[0] = UInt8(truncatingIfNeeded: id >> 8)
        target[1] = UInt8(truncatingIfNeeded: id)
        return UInt32(entry.length)
    }

    /// What an answer is to a question, whose id it has.
    @inline(__always)
    func judge(_ answer: UnsafeBufferPointer<UInt8>, to index: Int, checkingCode: Bool) -> Verdict {
        let entry = entries[index]
        let end = Int(entry.questionEnd)
        guard answer.count >= end, answer[2] & 0x80 != 0 else { return .wrong }
        let same = bytes.withUnsafeBufferPointer { bytes in
            for offset in 12..<end where answer[offset] != bytes[Int(entry.start) + offset] { return false }
            return true
        }
        guard same else { return .wrong }
        if checkingCode, entry.expected != 0xffff, UInt16(answer[3] & 0x0f) != entry.expected { return .unexpectedCode }
        return .right
    }

    enum Verdict {
        case right, unexpectedCode, wrong
    }
}
