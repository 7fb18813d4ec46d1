// Which events each state machine has taken in which state: counted over all runs, printed as a table, and compared with
// what can happen at all. A pair that can happen and never did is a hole in the simulation.

import Generations

/// How often each pair of state and event has come.
public struct Coverage: Sendable {
    public private(set) var ledger = [Int](
        repeating: 0, count: Coverage.ledgerStates.count * LedgerEvent.allCases.count)
    public private(set) var consumer = [Int](
        repeating: 0, count: Coverage.consumerStates.count * ConsumerEvent.allCases.count)

    static let phases = Ledger.Phase.allCases
    static let consumerPhases = Consumer<ReturnAddress>.Phase.allCases
    /// The phases that are told apart by whether all consumers are known; an abandoned candidate and a trial come to the same ends
    /// either way, and are rare enough as they are.
    static let recoveringPhases = phases.filter { phase in
        ![.abandonedDirectory, .abandonedRecord, .writingTrial, .trying].contains(phase)
    }
    /// A phase with all consumers known, or recovering after a restart.
    static let ledgerRows = phases.map { ($0, false) } + recoveringPhases.map { ($0, true) }
    public static let ledgerStates = ledgerRows.map { $0.1 ? "\($0.0.rawValue), recovering" : $0.0.rawValue }
    public static let consumerStates = consumerPhases.map(\.rawValue)

    public init() {}

    mutating func count(_ event: Ledger.Event, in ledger: Ledger) {
        let phase = ledger.phase
        var row = Coverage.index(phase)
        if ledger.isRecovering, let recovering = Coverage.recoveringPhases.firstIndex(of: phase) {
            row = Coverage.phases.count + recovering
        }
        self.ledger[row * LedgerEvent.allCases.count + LedgerEvent(event).rawValue] += 1
    }

    mutating func count(_ event: Consumer<ReturnAddress>.Event, in consumer: Consumer<ReturnAddress>) {
        let row = Coverage.index(consumer.phase)
        self.consumer[row * ConsumerEvent.allCases.count + ConsumerEvent(event).rawValue] += 1
    }

    private static func index<Phase: CaseIterable & Equatable>(_ phase: Phase) -> Int where Phase.AllCases == [Phase] {
        Phase.allCases.firstIndex(of: phase)!
    }

    /// Adds the counts of another run.
    public mutating func add(_ other: Coverage) {
        for index in ledger.indices { ledger[index] += other.ledger[index] }
        for index in consumer.indices { consumer[index] += other.consumer[index] }
    }

    // MARK: What can happen

    /// Why a pair cannot occur; nil if it can.
    static func objection(_ event: LedgerEvent, in phase: Ledger.Phase, recovering: Bool) -> String? {
        switch (event, phase) {
        case (.directoryWritten, .writingDirectory), (.directoryWritten, .abandonedDirectory),
            (.directoryFailed, .writingDirectory), (.directoryFailed, .abandonedDirectory):
            return nil
        case (.directoryWritten, _), (.directoryFailed, _): return "no directory is being written"
        case (.recordWritten, .writingRecord), (.recordWritten, .writingZones), (.recordWritten, .abandonedRecord),
            (.recordFailed, .writingRecord), (.recordFailed, .writingZones), (.recordFailed, .abandonedRecord):
            return nil
        case (.recordWritten, _), (.recordFailed, _): return "no record is being written"
        case (.membersListed, _) where !recovering: return "they are listed once, and recovery waits for it"
        case (.trialJudged, .trying): return nil
        case (.trialJudged, _): return "the trial has ended meanwhile, which is counted where it happens to"
        case (.membersListed, .writingTrial), (.membersListed, .trying):
            return "it is answered before anything is built"
        case (.membersListed, .abandonedDirectory), (.membersListed, .abandonedRecord):
            return "it is answered before any `holding` is, and nobody is sent a switch to refuse before that"
        default: return nil
        }
    }

    static func objection(_ event: ConsumerEvent, in phase: Consumer<ReturnAddress>.Phase) -> String? {
        switch (event, phase) {
        case (.switchReceived, _), (.holdingAsked, _): nil
        case (.mapped, .mapping), (.mapped, .mappingFirst), (.mapFailed, .mapping), (.mapFailed, .mappingFirst): nil
        case (.mapped, _), (.mapFailed, _): "it maps nothing"
        case (.switched, .swapping): nil
        case (.switched, _): "it swaps nothing"
        case (.released, .fresh): "it has nothing to release"
        case (.released, .mappingFirst): "it serves nothing that it could release"
        case (.released, _): nil
        }
    }

    /// The pairs that can occur and did not, in words.
    public var missing: [String] {
        var missing: [String] = []
        for (row, state) in Coverage.ledgerStates.enumerated() {
            let (phase, isRecovering) = Coverage.ledgerRows[row]
            for event in LedgerEvent.allCases where ledger[row * LedgerEvent.allCases.count + event.rawValue] == 0 {
                guard Coverage.objection(event, in: phase, recovering: isRecovering) == nil else {
                    continue
                }
                missing.append("ledger: \(event) while \(state)")
            }
        }
        for (row, state) in Coverage.consumerStates.enumerated() {
            for event in ConsumerEvent.allCases
            where consumer[row * ConsumerEvent.allCases.count + event.rawValue] == 0
                && Coverage.objection(event, in: Coverage.consumerPhases[row]) == nil
            {
                missing.append("consumer: \(event) while \(state)")
            }
        }
        return missing
    }

    /// The table as text. `-` stands for what cannot occur.
    public var table: String {
        let ledgerRows = Coverage.ledgerStates.indices.map { row in
            LedgerEvent.allCases.map { event in
                cell(
                    ledger[row * LedgerEvent.allCases.count + event.rawValue],
                    Coverage.objection(event, in: Coverage.ledgerRows[row].0, recovering: Coverage.ledgerRows[row].1))
            }
        }
        let consumerRows = Coverage.consumerStates.indices.map { row in
            ConsumerEvent.allCases.map { event in
                cell(
                    consumer[row * ConsumerEvent.allCases.count + event.rawValue],
                    Coverage.objection(event, in: Coverage.consumerPhases[row]))
            }
        }
        return grid("ledger", Coverage.ledgerStates, LedgerEvent.allCases.map { "\($0)" }, ledgerRows) + "\n"
            + grid("consumer", Coverage.consumerStates, ConsumerEvent.allCases.map { "\($0)" }, consumerRows)
    }

    private func cell(_ count: Int, _ objection: String?) -> String {
        objection == nil || count > 0 ? "\(count)" : "-"
    }

    /// Events go down and states across: there are more events.
    private func grid(_ title: String, _ states: [String], _ events: [String], _ cells: [[String]]) -> String {
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        var text = ""
        for (number, state) in states.enumerated() { text += "\(title) state \(number + 1): \(state)\n" }
        let first = (events.map(\.count).max() ?? 0) + 1
        text += String(repeating: " ", count: first)
        text += states.indices.map { pad("\($0 + 1)", 10) }.joined() + "\n"
        for (column, event) in events.enumerated() {
            text += event + String(repeating: " ", count: first - event.count)
            text += cells.map { pad($0[column], 10) }.joined() + "\n"
        }
        return text
    }
}

/// The kinds of events that a ledger takes.
public enum LedgerEvent: Int, CaseIterable, Sendable {
    case loadRequested, trialRequested, callerLeft, unloadRequested, rollbackRequested
    case buildFinished, buildFailed, directoryWritten, directoryFailed, recordWritten, recordFailed
    case membersListed, consumerSubscribed, consumerUnsubscribed, consumerDisconnected
    case switched, superseded, refused, released, holdingAnswered, holdingRefused
    case timerFired, childDied, historyDropped, trialJudged, filesLost, disconnectRequested, consumerNamed

    init(_ event: Ledger.Event) {
        switch event {
        case .loadRequested: self = .loadRequested
        case .trialRequested: self = .trialRequested
        case .callerLeft: self = .callerLeft
        case .unloadRequested: self = .unloadRequested
        case .rollbackRequested: self = .rollbackRequested
        case .buildFinished: self = .buildFinished
        case .buildFailed: self = .buildFailed
        case .directoryWritten: self = .directoryWritten
        case .directoryFailed: self = .directoryFailed
        case .recordWritten: self = .recordWritten
        case .recordFailed: self = .recordFailed
        case .membersListed: self = .membersListed
        case .consumerSubscribed: self = .consumerSubscribed
        case .consumerUnsubscribed: self = .consumerUnsubscribed
        case .consumerDisconnected: self = .consumerDisconnected
        case .switchAnswered(_, _, .switched): self = .switched
        case .switchAnswered(_, _, .superseded): self = .superseded
        case .switchAnswered(_, _, .refused): self = .refused
        case .released: self = .released
        case .holdingAnswered: self = .holdingAnswered
        case .holdingRefused: self = .holdingRefused
        case .timerFired: self = .timerFired
        case .childDied: self = .childDied
        case .historyDropped: self = .historyDropped
        case .trialJudged: self = .trialJudged
        case .filesLost: self = .filesLost
        case .disconnectRequested: self = .disconnectRequested
        case .consumerNamed: self = .consumerNamed
        }
    }
}

/// The kinds of events that a consumer takes.
public enum ConsumerEvent: Int, CaseIterable, Sendable {
    case switchReceived, mapped, mapFailed, switched, released, holdingAsked

    init(_ event: Consumer<ReturnAddress>.Event) {
        switch event {
        case .switchReceived: self = .switchReceived
        case .mapped: self = .mapped
        case .mapFailed: self = .mapFailed
        case .switched: self = .switched
        case .released: self = .released
        case .holdingAsked: self = .holdingAsked
        }
    }
}
