// The form of a log line.

import Glibc
import Logging
import Testing

@testable import Platform

@Suite struct LogLinesTests {
    private func line(_ text: String, _ metadata: Logger.Metadata = [:]) -> String {
        LogLines.line(
            time: timespec(tv_sec: 1_795_447_445, tv_nsec: 7_900_000), level: .warning, component: "authd.1",
            text: text, metadata: metadata)
    }

    @Test func timeLevelComponentTextAndSortedPairs() {
        #expect(
            line("switched", ["generation": "8", "directory": "g8.dir"])
                == "2026-11-23T15:24:05.007Z warning authd.1: switched directory=g8.dir generation=8\n")
    }

    @Test func valuesWithSpacesAreQuotedAndEmptyOnesShown() {
        #expect(line("x", ["a": "b c", "d": "", "e": "f\"g"]).hasSuffix(": x a=\"b c\" d=\"\" e=\"f\\\"g\"\n"))
    }

    @Test func textFromOutsideCannotMakeLinesOrSteerATerminal() {
        let line = line("name\n\u{1b}[2J", ["k": "\u{7f}\r"])
        #expect(line.hasSuffix(": name\\x0a\\x1b[2J k=\\x7f\\x0d\n"))
    }

    @Test func oneWriteAnEvent() throws {
        let pipe = try System.makePipe()
        var logger = Logger(label: "test") { [descriptor = pipe.writing.number] _ in
            LogLines(component: "test", descriptor: descriptor)
        }
        logger[metadataKey: "zone"] = "example."
        logger.debug("not shown")
        logger.info("shown", metadata: ["serial": "1"])
        let reading = pipe.closeWriting()
        let text = String(decoding: try System.readToEnd(reading.number, of: "pipe"), as: UTF8.self)
        #expect(text.hasSuffix(" info test: shown serial=1 zone=example.\n"))
        #expect(text.split(separator: "\n").count == 1)
    }

    // MARK: systemd's journal

    @Test func theJournalGetsPrioritiesAndNoSecondTime() {
        let lines = Logger.Level.allCases.map {
            LogLines.journalLine(level: $0, component: "authd.1", text: "x\n", metadata: ["a": "b c"])
        }
        #expect(lines == [7, 7, 6, 5, 4, 3, 2].map { "<\($0)>authd.1: x\\x0a a=\"b c\"\n" })
    }

    @Test func onlyAStreamThatTheJournalReadsIsTheJournal() throws {
        let pipe = try System.makePipe()
        var entry = stat()
        #expect(fstat(pipe.writing.number, &entry) == 0)
        let stream = "\(entry.st_dev):\(entry.st_ino)"
        #expect(Journal.reads(pipe.writing.number, stream: stream))
        let file = try System.open("/dev/null", O_WRONLY)
        #expect(!Journal.reads(file.number, stream: stream))
        for other in [nil, "", "1", "1:2", stream + "0"] as [String?] {
            #expect(!Journal.reads(pipe.writing.number, stream: other))
        }
    }

    // MARK: ZONECAST_LOG

    @Test func levelsHaveNames() throws {
        #expect(try LogLines.level(named: nil) == .info)
        #expect(try LogLines.level(named: "") == .info)
        #expect(try LogLines.level(named: "Debug") == .debug)
        let error = try #require(throws: PlatformError.self) { try LogLines.level(named: "verbose") }
        #expect(
            "\(error)" == "ZONECAST_LOG='verbose' in the environment is unknown: "
                + "expected one of trace, debug, info, notice, warning, error, critical")
        #expect(error.exitStatus == .usage)
    }
}
