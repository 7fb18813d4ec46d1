// A consumer of generations in one file, as a start for your own: it joins the bus, "serves" whatever the manager
// publishes, and lets go of what was replaced after a while, as a process does that sends out a zone slowly.
//
//     ExampleConsumer --dir DIR [--hold SECONDS]
//
// When to do what is decided by `Consumer`, the protocol's state machine; here its effects are carried out. The rules
// are in docs/PROTOCOL.md.

import Bus
import BusClient
import Generations
import Glibc
import JSON

/// The value of an option on the command line.
func option(_ name: String) -> String? {
    let arguments = CommandLine.arguments
    guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
    return arguments[index + 1]
}

func say(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
    _ = (line + "\n").withCString { write(descriptor, $0, strlen($0)) }
}

guard let folder = option("--dir"), let hold = Double(option("--hold") ?? "0") else {
    say("usage: ExampleConsumer --dir DIR [--hold SECONDS]", to: STDERR_FILENO)
    exit(64)
}

let bus = try await BusConnection.connect(path: "\(folder)/msgq.sock")
var consumer = Consumer<IncomingMessage>(name: "example.\(getpid())")

/// What a responder would map. This consumer only keeps the directory file of each generation open.
var files: [Generation: Int32] = [:]

@MainActor func handle(_ event: Consumer<IncomingMessage>.Event) throws {
    for effect in consumer.handle(event) { try carryOut(effect) }
}

@MainActor func carryOut(_ effect: Consumer<IncomingMessage>.Effect) throws {
    switch effect {
    case .map(let message, _):
        let file = open("\(folder)/images/\(message.directory)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            // The manager takes the generation back, and tells its caller who refused it, and why.
            return try handle(.mapFailed(message.generation, reason: String(cString: strerror(errno))))
        }
        files[message.generation] = file
        try handle(.mapped(message.generation))
    case .swap(let generation):
        say("serving \(generation)")
        try handle(.switched(generation))
    case .release(let generation):
        // Work that began with the old generation goes on with it. Nothing waits for us, and its files stay, until then.
        Task {
            try await Task.sleep(for: .seconds(hold))
            if let file = files.removeValue(forKey: generation) { close(file) }
            say("released \(generation)")
            try handle(.released(generation))
        }
    case .reply(let message, .switched(let answer)):
        try bus.reply(to: message, with: JSONValue(encoding: answer))
    case .reply(let message, .holding(let answer)):
        try bus.reply(to: message, with: JSONValue(encoding: answer))
    case .reply(let message, .superseded):
        try bus.reply(to: message, SwitchMessage.superseded)
    case .reply(let message, .refused(let reason)):
        try bus.reply(to: message, reason)
    case .sendReleased(let message):
        try bus.send(command: ReleasedMessage.name, JSONValue(encoding: message), group: BusGroup.manager)
    }
}

// From here on the manager sends us `switch`, the first time with the current generation.
try bus.subscribe(group: BusGroup.consumers)

for await message in bus.incoming where message.kind == .command {
    switch message.name {
    case SwitchMessage.name: try handle(.switchReceived(message, message.params.decode()))
    case HoldingMessage.name: try handle(.holdingAsked(message))
    default: try bus.reply(to: message, errorCode: 2, "unknown command '\(message.name)'")
    }
}

// There is no reconnecting: a consumer without the bus does not know what it may still map. It ends, and is started anew.
say("\(await bus.lost())", to: STDERR_FILENO)
exit(1)
