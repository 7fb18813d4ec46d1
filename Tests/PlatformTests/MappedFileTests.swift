// A mapping shows the file, can be made resident, and fails with a reason.

import Glibc
import Platform
import TestSupport
import Testing

@Suite struct MappedFileTests {
    @Test func showsTheFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/image"
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try DurableFile.write(bytes, to: path)
        let mapped = try MappedFile(path: path)
        #expect(mapped.count == bytes.count)
        #expect(mapped.bytes.elementsEqual(bytes))
    }

    @Test func prefaultingMakesItResident() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/image"
        try DurableFile.write([UInt8](repeating: 1, count: 1 << 20), to: path)
        let mapped = try MappedFile(path: path)
        try mapped.prefault()
        #expect(mapped.residentCount >= mapped.count)
    }

    @Test func outlivesItsName() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/image"
        try DurableFile.write([42], to: path)
        let mapped = try MappedFile(path: path)
        try System.remove(path)
        #expect(mapped.bytes[0] == 42)
    }

    /// A file that was cut in place: what is gone reads as zeros, and how much is left is known.
    @Test func aCutFileIsReadOnAndMeasured() throws {
        try LostPages.survive()
        let folder = try TemporaryFolder()
        let path = folder.path + "/image"
        try DurableFile.write([UInt8](repeating: 1, count: 100_000), to: path)
        let mapped = try MappedFile(path: path)
        #expect(mapped.intactCount == 100_000)
        #expect(truncate(path, 50_000) == 0)
        #expect(mapped.intactCount == 50_000)
        let lost = LostPages.count
        #expect(mapped.bytes[49_999] == 1 && mapped.bytes[90_000] == 0)
        #expect(LostPages.count > lost)
        try System.remove(path)
        #expect((50_000...90_000).contains(mapped.intactCount), "the lost page is remembered")
    }

    @Test func refusesAnEmptyFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/image"
        try DurableFile.write([], to: path)
        #expect(throws: PlatformError.emptyFile(path: path)) { _ = try MappedFile(path: path) }
    }

    @Test func saysWhatTheSystemRefused() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/image"
        try DurableFile.write([1], to: path)
        #expect(throws: PlatformError.system(SystemError(ENOMEM, .map, path))) {
            try Faults.planning([.map: [ENOMEM]]) { _ = try MappedFile(path: path) }
        }
        #expect(throws: PlatformError.system(SystemError(ENOENT, .open, path + "x"))) {
            _ = try MappedFile(path: path + "x")
        }
    }
}
