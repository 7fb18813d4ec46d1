// `memmgr disconnect`: cut off a consumer that stands in the way.

import ArgumentParser
import Bus
import JSON
import Platform

struct Disconnect: JSONCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cut off a consumer.",
        discussion: """
            The bus ends its connection. One that zonecast has started is killed and started again; any other is on its own. \
            memmgr status shows the names; a consumer that has not said its name has an l-name, which will do.
            """)

    @OptionGroup var system: SystemOption
    @OptionGroup var output: JSONOption

    @Argument(help: ArgumentHelp("The consumer's name, such as authd.2.", valueName: "name"))
    var name: String

    func run() throws {
        finish {
            let (folder, name) = (try system.folder(), name)
            let reply = try Blocking.wait {
                try await SystemConnection(folder).askManager("disconnect", ["name": .string(name)])
            }
            if output.json {
                try Output.json((reply.object ?? [:]).merging(["ok": true]) { $1 })
            } else {
                try Output.line("\(name) is being disconnected")
            }
            return .done
        }
    }
}
