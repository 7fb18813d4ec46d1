// What the ledger and the consumer are in the middle of, in one word each. The simulator counts every pair of a phase and
// an event, so that no pair goes untested unseen; nothing decides by them.

extension Ledger {
    /// What is on its way to being announced.
    package enum Phase: String, Hashable, Sendable, CaseIterable {
        case idle
        /// R generations are in release: what is built waits.
        case waiting
        case writingDirectory = "directory"
        case writingRecord = "record"
        /// The record of a trial.
        case writingTrial = "trial record"
        case trying = "trial"
        /// A record that announces nothing.
        case writingZones = "zones"
        /// A candidate that builds upon what was refused.
        case abandonedDirectory = "abandoned directory"
        case abandonedRecord = "abandoned record"
    }

    package var phase: Phase {
        switch publication {
        case .idle: saidThatItWaits && !pending.isEmpty ? .waiting : .idle
        case .writingDirectory(let candidate): candidate.isAbandoned ? .abandonedDirectory : .writingDirectory
        case .recordingGeneration(let candidate, _, _): candidate.isAbandoned ? .abandonedRecord : .writingRecord
        case .recordingTrial(let candidate, _, _): candidate.isAbandoned ? .abandonedRecord : .writingTrial
        case .trying: .trying
        case .recordingZones: .writingZones
        }
    }

    /// Some consumer from before the start has not told what it holds.
    package var isRecovering: Bool { !isRecovered }
}

extension Consumer {
    /// What it does about the newest switch.
    package enum Phase: String, Hashable, Sendable, CaseIterable {
        /// Nothing was ever served, nothing is offered.
        case fresh
        case serving
        case mappingFirst = "mapping its first"
        case mapping
        case swapping
        case discarding
    }

    package var phase: Phase {
        switch work {
        case .idle: serving == nil ? .fresh : .serving
        case .mapping: serving == nil ? .mappingFirst : .mapping
        case .swapping: .swapping
        case .discarding: .discarding
        }
    }
}
