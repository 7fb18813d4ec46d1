// Reading `memmgr status --json`.

import Testing

@testable import zonecast

@Suite struct SystemStatusTests {
    private func parsed(_ json: String) -> SystemStatus? { SystemStatus(json: Array(json.utf8)) }

    @Test func countsWhatIsServed() throws {
        let status = try #require(
            parsed(
                """
                {"format":1,"generation":12,"more":[],"zone_count":3,"served_count":2,
                "zones":[{"zone":"a.","state":"failed"},{"zone":"b.","state":"serving"},{"zone":"c.","state":"serving"}],
                "consumers":[{"name":"authd.1","serving":12},{"name":"authd.2","serving":11}]}
                """))
        #expect(status.readyLine == "ready: 2 of 3 zones, generation 12")
        #expect(status.example == "b.")
        #expect(!status.isServed(by: ["authd.1"]))
    }

    @Test func isServedOnceAllHaveSwitched() throws {
        let status = try #require(
            parsed(#"{"generation":2,"zone_count":0,"served_count":0,"consumers":[{"name":"authd.1","serving":2}]}"#))
        #expect(status.isServed(by: ["authd.1"]))
        #expect(!status.isServed(by: ["authd.1", "authd.2"]))
        #expect(status.readyLine == "ready: 0 of 0 zones, generation 2")
    }

    @Test(arguments: [
        (#""building":null,"queued":[],"waiting":[]"#, true), (#""building":3,"queued":[],"waiting":[]"#, false),
        (#""building":null,"queued":["a."],"waiting":[]"#, false),
        (#""building":null,"queued":[],"waiting":["a."]"#, false),
    ])
    func isNotReadyWhileSomethingIsBeingLoaded(members: String, isReady: Bool) throws {
        let status = try #require(
            parsed(
                #"{"generation":2,"zone_count":0,"served_count":0,"consumers":[{"name":"authd.1","serving":2}],\#(members)}"#
            ))
        #expect(status.isServed(by: ["authd.1"]) == isReady)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"generation":"2","zone_count":0,"served_count":0}"#, #"{"generation":2}"#,
        "{\"generation\":2,\"zones\":[",
    ])
    func refusesWhatIsNoStatus(json: String) {
        #expect(parsed(json) == nil)
    }
}
