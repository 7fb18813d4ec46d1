// The supervisor with real processes: what the children get, what is restarted, how everything ends.

import Bus
import BusClient
import Glibc
import JSON
import Platform
import TestSupport
import Testing

@Suite struct SupervisorTests {
    // MARK: Start

    @Test func loadsWhatIsAskedForAndSaysWhenItIsReady() async throws {
        let system = try TestSystem()
        let (list, a, b) = (try system.file("zones.list"), try system.file("a.zone"), try system.file("b.zone"))
        try system.run(["--list", list, a, b])
        #expect(try await system.line() == "ready: 1 of 2 zones, generation 12")
        let record = try system.record()
        #expect(record.contains { $0.hasPrefix("memmgr run --dir \(system.folder)/d ") })
        #expect(record.contains("load --list \(list) \(a) \(b)"))
        system.supervisor?.send(.terminate)
        #expect(try await system.end() == .exited(0))
        // Standard output is for this line alone, when nobody sits before it.
        #expect(try await system.line() == "")
    }

    @Test func isReadyOnlyWhenEveryResponderHasSwitched() async throws {
        let system = try TestSystem()
        try system.put(
            "status",
            #"{"generation":12,"zone_count":0,"served_count":0,"consumers":[{"name":"authd.1","serving":11}]}"#)
        try system.run([try system.file("a.zone")])
        try await system.wait("the load") { try system.record().contains("load \(system.folder)/a.zone") }
        try system.put(
            "status",
            #"{"generation":13,"zone_count":0,"served_count":0,"consumers":[{"name":"authd.1","serving":13}]}"#)
        #expect(try await system.line() == "ready: 0 of 0 zones, generation 13")
    }

    @Test(arguments: [1, 3])
    func aLoadThatFailsDoesNotKeepTheRestFromBeingServed(code: Int) async throws {
        let system = try TestSystem()
        try system.put("load-exit", "\(code)")
        try system.run([try system.file("a.zone")])
        #expect(try await system.line().hasPrefix("ready: 1 of 2"))
    }

    @Test func aLoadWithoutASystemIsTriedAgain() async throws {
        let system = try TestSystem()
        try system.put("load-exit", "69")
        try system.run([try system.file("a.zone")])
        try await system.wait("a second load") {
            try system.record().count { $0 == "load \(system.folder)/a.zone" } >= 2
        }
        try system.put("load-exit", "0")
        #expect(try await system.line().hasPrefix("ready"))
    }

    @Test func optionsOfOthersArePassedOn() async throws {
        let system = try TestSystem()
        try system.run([
            "--identity", "a b", "--max-udp-payload", "512", "--tcp-idle", "10", "--build-nice", "5",
            "--allow-missing-ns",
        ])
        _ = try await system.line()
        let record = try system.record()
        #expect(record.contains { $0.hasPrefix("memmgr run ") && $0.contains(" --allow-missing-ns --build-nice 5") })
        #expect(record.contains { $0.hasPrefix("authd.1 ") && $0.contains("--max-udp-payload 512 --identity a b") })
    }

    // MARK: Sockets

    @Test func everyUDPSocketHasOneReaderAndAllListenOverTCP() async throws {
        let system = try TestSystem()
        try system.run(["--processes", "2", "--workers", "2"])
        _ = try await system.line()
        try await system.wait("both responders") { try system.record().count { $0.hasSuffix(" LISTEN_FDS=3") } == 2 }
        let sockets = try system.sockets().mapValues { $0.sorted { $0.descriptor < $1.descriptor } }
        let first = try #require(sockets["authd.1"])
        let second = try #require(sockets["authd.2"])
        #expect(first.map(\.descriptor) == [3, 4, 5])
        #expect(second.map(\.descriptor) == [3, 4, 5])
        #expect(Set(first.map(\.socket)).intersection(second.map(\.socket)).count == 1)
    }

    @Test func inheritedSocketsTakeThePlaceOfOwnOnes() async throws {
        let system = try TestSystem()
        let udp = try Listener.openUDP(system.endpoint, sharing: false)
        let tcp = try Listener.openTCP(system.endpoint)
        try system.run(["--processes", "2"], sockets: [tcp.number, udp.number])
        try await system.wait("the responder") { try system.sockets()["authd.1"] != nil }
        _ = try await system.line()
        let logs = try system.logs()
        #expect(logs.contains("inherited address=\(system.endpoint) socket=udp"))
        #expect(logs.contains("inherited address=\(system.endpoint) socket=tcp"))
        // One UDP socket can't have two readers.
        #expect(logs.contains("fewer responders"))
        #expect(try system.sockets()["authd.2"] == nil)
    }

    @Test func fewerInheritedSocketsThanWorkersAreSaid() async throws {
        let system = try TestSystem()
        let udp = try Listener.openUDP(system.endpoint, sharing: true)
        let tcp = try Listener.openTCP(system.endpoint)
        try system.run(["--workers", "4"], sockets: [tcp.number, udp.number])
        _ = try await system.line()
        let warning = try #require(try system.logs().split(separator: "\n").first { $0.contains("fewer UDP sockets") })
        #expect(warning.contains(" warning zonecast: "))
        #expect(warning.hasSuffix(" address=\(system.endpoint) processes=1 sockets=1 workers=4"))
        #expect(warning.contains("ListenDatagram="))
    }

    @Test func whatIsInheritedIsNotOpenedOnceMore() async throws {
        let system = try TestSystem()
        let udp = try Listener.openUDP(system.endpoint, sharing: true)
        let tcp = try Listener.openTCP(system.endpoint)
        try system.run(["--workers", "1", "--listen", "\(system.endpoint)"], sockets: [tcp.number, udp.number])
        #expect(try await system.line().hasPrefix("ready"))
        #expect(try !system.logs().contains("fewer"))
        try await system.wait("the responder") { try system.sockets()["authd.1"]?.count == 2 }
    }

    /// The sockets are those of all processes that hold them, a responder that was taken over included.
    @Test(arguments: SocketDamage.allCases)
    func aDamagedSocketIsMadeGoodBeforeTheNextResponder(damage: SocketDamage) async throws {
        let system = try TestSystem()
        let udp = try Listener.openUDP(system.endpoint, sharing: true)
        let tcp = try Listener.openTCP(system.endpoint)
        try system.run(["--workers", "1"], sockets: [tcp.number, udp.number])
        _ = try await system.line()
        try await system.wait("the responder") { try system.sockets()["authd.1"]?.count == 2 }
        let before = Set(try #require(try system.sockets()["authd.1"]).map(\.socket))
        damage.inflict(udp: udp.number, tcp: tcp.number)
        let responder = try system.process(of: "authd.1")
        kill(responder, SIGKILL)
        try await system.wait("the next responder") { try system.sockets()["authd.1"]?.count == 4 }
        let after = Set(try #require(try system.sockets()["authd.1"]).suffix(2).map(\.socket))
        #expect(before.subtracting(after).count == damage.replaced)
        #expect(try system.logs().contains("damaged a listening socket: it was opened again") == (damage.replaced > 0))
        if damage == .tcpShutdown {
            #expect(InheritedSockets.classify(tcp.number)?.kind == .tcp)
        }
    }

    /// What an upgrade hands over says of good sockets that they are good: their queues must not be lost.
    @Test func anUpgradeKeepsTheSockets() async throws {
        let system = try TestSystem()
        try system.run(["--workers", "8"])
        _ = try await system.line()
        try await system.wait("the responder") { try system.sockets()["authd.1"]?.count == 9 }
        system.supervisor?.send(.userDefined2)
        try await system.wait("the next responder") { try system.sockets()["authd.1"]?.count == 18 }
        let sockets = try #require(try system.sockets()["authd.1"]).map(\.socket)
        let logs = try system.logs()
        #expect(Set(sockets.prefix(9)) == Set(sockets.suffix(9)), "\(logs)")
    }

    // MARK: The service manager

    /// By the protocol of sd_notify: ready when all responders serve, and stopping.
    @Test func theServiceManagerHearsWhenAllIsServed() async throws {
        let system = try TestSystem()
        let listener = try DatagramListener(path: system.folder + "/notify")
        var zonecast = try system.command(["--listen", "\(system.endpoint)"])
        zonecast.variables["NOTIFY_SOCKET"] = listener.path
        try system.put("status", #"{"generation":12,"zone_count":1,"served_count":0,"consumers":[]}"#)
        try system.start(zonecast, sockets: [])
        try await system.wait("the responder") { try system.record().contains { $0.hasPrefix("authd.1 ") } }
        #expect(listener.received == nil)
        try system.put("status", TestSystem.serving)
        let line = try await system.line()
        try await system.wait("the message") { listener.peek }
        #expect(listener.received == "READY=1\nSTATUS=\(line)\n")
        system.supervisor?.send(.terminate)
        try await system.wait("the last message") { listener.peek }
        #expect(listener.received == "STOPPING=1\n")
    }

    // MARK: Upgrades

    /// What was being done goes on: the new one loads what is not loaded, says that all is ready, and speaks with the service manager.
    @Test func anUpgradeBeforeTheSystemIsReadyBringsItUpAllTheSame() async throws {
        let system = try TestSystem()
        let listener = try DatagramListener(path: system.folder + "/notify")
        var zonecast = try system.command(["--listen", "\(system.endpoint)", try system.file("a.zone")])
        zonecast.variables["NOTIFY_SOCKET"] = listener.path
        try system.put("status", #"{"generation":12,"zone_count":1,"served_count":0,"consumers":[]}"#)
        try system.start(zonecast, sockets: [])
        try await system.wait("the load") { try system.record().contains("load \(system.folder)/a.zone") }
        system.supervisor?.send(.userDefined2)
        try await system.wait("the new zonecast") { try system.logs().contains("took over from the zonecast before") }
        try await system.wait("the new responder") { try system.record().count { $0.hasPrefix("authd.1 -") } == 2 }
        #expect(listener.received == nil)
        try system.put("status", TestSystem.serving)
        #expect(try await system.line() == "ready: 1 of 2 zones, generation 12")
        try await system.wait("the message") { listener.peek }
        #expect(listener.received?.hasPrefix("READY=1\n") == true)
        system.supervisor?.send(.terminate)
        #expect(try await system.end() == .exited(0))
        #expect(listener.received == "STOPPING=1\n")
    }

    @Test func whatTheNewZonecastHasAgainstItIsLogged() async throws {
        let system = try TestSystem()
        try system.run()
        _ = try await system.line()
        #expect(unlink(system.folder + "/bin/authd") == 0)
        system.supervisor?.send(.userDefined2)
        try await system.wait("the refusal") { try system.logs().contains("no upgrade: the new zonecast exited with") }
        #expect(
            try system.logs().contains(
                "the new zonecast says: zonecast: there is no program 'authd' in \(system.folder)/bin"))
        #expect(try system.process(of: "memmgr") > 0)
    }

    // MARK: Restarts

    @Test(arguments: ["authd.1", "memmgr"])
    func aKilledPartIsStartedAgain(part: String) async throws {
        let system = try TestSystem()
        try system.run()
        _ = try await system.line()
        let before = try system.process(of: part)
        kill(before, SIGKILL)
        try await system.wait("a new \(part)") { try system.process(of: part) != before }
        #expect(try system.logs().contains("\(part) died of SIGKILL; starting it again"))
        #expect(try system.process(of: "msgq") != 0)
    }

    @Test func withTheBusAllStopsAndStartsAnew() async throws {
        let system = try TestSystem()
        try system.run()
        _ = try await system.line()
        let before = try ["msgq", "memmgr", "authd.1"].map(system.process)
        kill(before[0], SIGKILL)
        try await system.wait("a new responder") { try system.process(of: "authd.1") != before[2] }
        let after = try ["msgq", "memmgr", "authd.1"].map(system.process)
        #expect(Set(before).isDisjoint(with: after))
        for process in before { #expect(kill(process, 0) == -1 && errno == ESRCH) }
        system.supervisor?.send(.terminate)
        #expect(try await system.end() == .exited(0))
    }

    @Test func aResponderThatFailsAtOnceIsRetriedWithBackOffUntilItWorks() async throws {
        let system = try TestSystem()
        try system.put("authd-fails", "")
        try system.run()
        try await system.wait("a second attempt") { try system.record().count { $0 == "authd.1 fails" } >= 2 }
        #expect(unlink(system.folder + "/d/authd-fails") == 0)
        #expect(try await system.line().hasPrefix("ready"))
        #expect(try system.logs().contains("authd.1 exited with code 1; starting it again after_ms=0"))
    }

    @Test func theHangUpSignalGoesToTheManager() async throws {
        let system = try TestSystem()
        try system.run()
        _ = try await system.line()
        // To whom has said hello only, as a program that has just been started would end of it.
        system.supervisor?.send(.hangUp)
        try await system.wait("the signal") { try system.logs().contains("asking the manager to load") }
        #expect(try !system.record().contains("memmgr reloads"))
        // A hello of somebody else is none.
        let bus = try await BusConnection.connect(path: system.folder + "/d/msgq.sock")
        let forged = ChildHello(name: "memmgr", lname: "\(bus.lname)")
        await #expect(throws: BusError.remote(code: 1, text: "hello is not for operator")) {
            try await bus.call(ChildHello.command, JSONValue(encoding: forged), group: ChildHello.group)
        }
        #expect(try !system.record().contains("memmgr reloads"))
        #expect(kill(try system.process(of: "memmgr"), SIGUSR1) == 0)
        try await system.wait("the manager") { try system.record().contains("memmgr reloads") }
    }

    // MARK: The journal

    /// All parts write to one stream, of which their environment tells.
    @Test func whatTheJournalReadsHasPriorities() async throws {
        let system = try TestSystem()
        try system.put("errors", "")
        var entry = stat()
        #expect(stat(system.folder + "/d/errors", &entry) == 0)
        var zonecast = try system.command(["--listen", "\(system.endpoint)"])
        zonecast.variables["JOURNAL_STREAM"] = "\(entry.st_dev):\(entry.st_ino)"
        try system.start(zonecast, sockets: [])
        _ = try await system.line()
        system.supervisor?.send(.terminate)
        #expect(try await system.end() == .exited(0))
        let logs = try system.logs().split(separator: "\n")
        #expect(logs.contains { $0.hasPrefix("<6>zonecast: started authd.1 pid=") })
        #expect(logs.contains { $0.hasPrefix("<6>msgq: serving ") })
        // The scripts of this test have a shell's messages, too.
        let own = logs.filter { $0.contains("zonecast: ") || $0.contains("msgq: ") }
        #expect(own.allSatisfy { $0.hasPrefix("<") }, "\(own)")
    }

    // MARK: What children get

    @Test func aChildsEnvironmentIsAShortList() async throws {
        let system = try TestSystem()
        var zonecast = try system.command(["--listen", "\(system.endpoint)"])
        zonecast.variables["A_PASSWORD"] = "secret"
        zonecast.variables["LD_PRELOAD_OF_OTHERS"] = "x"
        zonecast.variables["TZ"] = "UTC"
        try system.start(zonecast, sockets: [])
        _ = try await system.line()
        for part in ["msgq", "memmgr", "authd.1"] {
            let file = try System.open("/proc/\(try system.process(of: part))/environ", O_RDONLY)
            let names = try System.readToEnd(file.number, of: part).split(separator: 0)
                .map { String(decoding: $0.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self) }
            #expect(names.contains("TZ") && names.contains("ZONECAST_CHILD"), "\(part)")
            let known =
                Variable.inherited + [
                    Variable.child, Variable.lifeline, Variable.secret, Variable.listenCount, Variable.bus,
                    Variable.busControl,
                    // What a shell sets.
                    "PWD", "OLDPWD", "SHLVL", "_",
                ]
            #expect(names.allSatisfy(known.contains), "\(part): \(names)")
        }
    }

    /// As the shipped service has it: the right to open port 53 for the supervisor alone, also after an upgrade.
    @Test(.enabled(if: geteuid() == 0 && access("/usr/bin/setpriv", X_OK) == 0, "root and setpriv give a capability"))
    func theRightToOpenLowPortsIsTheSupervisorsAlone() async throws {
        let system = try TestSystem()
        for path in [system.folder, system.folder + "/d"] { #expect(chmod(path, 0o755) == 0) }
        #expect(chown(system.folder + "/d", 65534, 65534) == 0)
        let address = Endpoint(address: [127, 53, UInt8.random(in: 1...254), UInt8.random(in: 1...254)], port: 53)
        var zonecast = try system.command(["--listen", "\(address)", "--workers", "1"])
        zonecast.arguments =
            [
                "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all,+net_bind_service",
                "--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service", "--no-new-privs",
                zonecast.executable,
            ] + zonecast.arguments
        zonecast.executable = "/usr/bin/setpriv"
        try system.start(zonecast, sockets: [])
        #expect(try await system.line().hasPrefix("ready"))
        func capabilities(_ process: pid_t) throws -> [Substring] {
            let status = try System.open("/proc/\(process)/status", O_RDONLY)
            return String(decoding: try System.readToEnd(status.number, of: "status"), as: UTF8.self)
                .split(separator: "\n").filter { ["CapPrm", "CapEff", "CapAmb"].contains($0.prefix(6)) }
                .map { $0.drop { $0 != "\t" }.drop { "\t0".contains($0) } }
        }
        let supervisor = try #require(system.supervisor).id
        for round in ["at first", "after an upgrade"] {
            #expect(try capabilities(supervisor) == ["400", "400", ""], "\(round)")
            for part in ["msgq", "memmgr", "authd.1"] {
                #expect(try capabilities(system.process(of: part)) == ["", "", ""], "\(part) \(round)")
            }
            guard round == "at first" else { break }
            let responder = try system.process(of: "authd.1")
            system.supervisor?.send(.userDefined2)
            try await system.wait("the next responder") {
                try system.logs().contains("took over") && system.process(of: "authd.1") != responder
            }
        }
    }

    // MARK: Another user

    @Test(.enabled(if: geteuid() == 0, "only root can become another user"))
    func nobodyButZonecastStaysRoot() async throws {
        let system = try TestSystem()
        #expect(chmod(system.folder, 0o755) == 0)
        try system.run(["--user", "nobody"])
        _ = try await system.line()
        for part in ["msgq", "memmgr", "authd.1"] {
            var entry = stat()
            let process = try system.process(of: part)
            #expect(stat("/proc/\(process)", &entry) == 0)
            #expect(entry.st_uid == 65534, "\(part) runs as \(entry.st_uid)")
            let status = try System.open("/proc/\(process)/status", O_RDONLY)
            let lines = String(decoding: try System.readToEnd(status.number, of: "status"), as: UTF8.self)
                .split(separator: "\n").filter { ["CapInh", "CapPrm", "CapEff", "CapAmb"].contains($0.prefix(6)) }
            #expect(lines.count == 4 && lines.allSatisfy { $0.hasSuffix("\t0000000000000000") }, "\(part): \(lines)")
        }
        var socket = stat()
        #expect(stat(system.folder + "/d/msgq.sock", &socket) == 0)
        #expect(socket.st_gid != 0)
        #expect(socket.st_mode & 0o777 == 0o660)
        system.supervisor?.send(.terminate)
        #expect(try await system.end() == .exited(0))
    }

    // MARK: Ends

    @Test(arguments: [Signal.terminate, .interrupt])
    func endsInOrder(signal: Signal) async throws {
        let system = try TestSystem()
        try system.run(["--processes", "2"])
        _ = try await system.line()
        try await system.wait("both") { try system.record().contains { $0.hasPrefix("authd.2 LISTEN") } }
        system.supervisor?.send(signal)
        #expect(try await system.end() == .exited(0))
        let ends = try system.record().filter { $0.hasSuffix(" ends") }
        #expect(Set(ends.prefix(2)) == ["authd.1 ends", "authd.2 ends"])
        #expect(ends.last == "memmgr ends")
        #expect(try system.logs().contains("msgq exited with code 0"))
    }

    @Test func aSecondSignalAtOnceChangesNothing() async throws {
        let system = try TestSystem()
        try system.run()
        _ = try await system.line()
        for signal in [Signal.terminate, .interrupt, .terminate] { system.supervisor?.send(signal) }
        #expect(try await system.end() == .exited(0))
        #expect(try system.record().filter { $0.hasSuffix(" ends") } == ["authd.1 ends", "memmgr ends"])
        #expect(try !system.logs().contains("killing"))
    }

    @Test func whoIsAskedAgainLaterDoesNotWaitForTheStubborn() async throws {
        let system = try TestSystem()
        try system.put("authd-is-stubborn", "")
        try system.run()
        _ = try await system.line()
        system.supervisor?.send(.terminate)
        try await system.wait("the kill") {
            system.supervisor?.send(.terminate)
            usleep(100_000)
            return try system.logs().contains("killing what has not ended")
        }
        #expect(try await system.end() == .exited(0))
    }

    @Test func noOrphansAreLeftByAKilledSupervisor() async throws {
        let system = try TestSystem()
        try system.run()
        _ = try await system.line()
        let parts = try ["msgq", "authd.1"].map(system.process)
        system.supervisor?.send(.kill)
        #expect(try await system.end() == .died(.kill))
        // They are not our children, so whoever adopts them has to reap them: a zombie counts as gone.
        for part in parts {
            try await system.wait("the end of \(part)") { [nil, "Z", "X"].contains(ProcessState.letter(of: part)) }
        }
    }

    @Test func anotherCanBeStartedRightAfterAKill() async throws {
        let system = try TestSystem()
        try system.run()
        _ = try await system.line()
        system.supervisor?.send(.kill)
        _ = try await system.end()
        try system.run()
        #expect(try await system.line().hasPrefix("ready"))
    }
}
