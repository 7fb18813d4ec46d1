// The part of a master file that is in memory: read in chunks, never mapped, so that a file that is cut short under
// our eyes is an error and not a signal.

import Crypto
import DNSCore
import Glibc

/// A file being read, or text that is in memory already, seen through a window that slides over it.
///
/// ```
///   storage  |  done  | entry being read …           | newline | free        |
///                     ^ start                        ^ end
/// ```
/// The octet at `end` is always a newline, put there so that a scan for the end of a line needs no other bound.
@safe
struct Window: ~Copyable {
    private enum Source {
        case file(descriptor: Int32, atOpening: FileStatus)
        case text([UInt8], next: Int)
    }

    /// How much is asked of the system at once.
    private static let chunk = 256 << 10

    private var source: Source
    private let calls: FileCalls
    private var storage: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var start = 0
    private var end = 0
    /// Of what came from a file.
    private var hash = SHA256()
    /// Octets that came from the source.
    private(set) var bytesRead: Int64 = 0
    /// Size of the source when it was opened.
    let bytesTotal: Int64
    /// No more will come from the source.
    private(set) var isComplete = false
    /// The number of the line that the unread part begins with.
    private(set) var line = 1

    /// Opens a file; fails unless it is a regular one, or is outside the folders that it must be in.
    init(path: String, in folders: IncludeFolders? = nil, calls: FileCalls) throws(WindowError) {
        let descriptor: Int32
        if let folders {
            descriptor = try folders.open(path, calls)
        } else {
            do throws(SystemError) {
                descriptor = try calls.open(path)
            } catch {
                throw .system(error)
            }
        }
        do throws(WindowError) {
            let status = try Window.status(of: descriptor, calls)
            guard status.isRegular else { throw .notRegular }
            self.init(source: .file(descriptor: descriptor, atOpening: status), size: status.size, calls: calls)
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func status(of descriptor: Int32, _ calls: FileCalls) throws(WindowError) -> FileStatus {
        do throws(SystemError) {
            return try calls.status(of: descriptor)
        } catch {
            throw .system(error)
        }
    }

    /// A window over text in memory.
    init(text: [UInt8]) {
        self.init(source: .text(text, next: 0), size: Int64(text.count), calls: .system)
    }

    private init(source: consuming Source, size: Int64, calls: FileCalls) {
        self.source = source
        self.calls = calls
        bytesTotal = size
        // A small file gets a small buffer: a hundred thousand of them may be loaded in a row.
        capacity = Int(min(max(size, 1022), Int64(Window.chunk))) + 2
        unsafe storage = .allocate(capacity: capacity)
        unsafe storage[0] = UInt8(ascii: "\n")
    }

    deinit {
        if case .file(let descriptor, _) = source { close(descriptor) }
        unsafe storage.deallocate()
    }

    /// The state of the file when it was opened; nil for text.
    var status: FileStatus? {
        if case .file(_, let status) = source { status } else { nil }
    }

    /// SHA-256 of the whole file in hexadecimal digits; nil before its end, and for text.
    var digest: String? {
        guard isComplete, case .file = source else { return nil }
        let digits = Array("0123456789abcdef".utf8)
        let octets = hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: octets, as: UTF8.self)
    }

    /// All that is unread and in memory, and the newline that ends every window.
    @inline(__always)
    var unread: Octets { unsafe Octets(start: storage + start, count: end - start + 1) }

    /// True when everything has been read.
    var isExhausted: Bool { isComplete && start == end }

    /// The octets that are in memory and unread.
    var unreadCount: Int { end - start }

    /// Moves on behind an entry that has been dealt with.
    @inline(__always)
    mutating func advance(by count: Int, lines: Int) {
        precondition(count >= 0 && count <= end - start)
        start += count
        line += lines
    }

    /// Brings more of the source into memory. Every view of the window ends here.
    mutating func fill() throws(WindowError) {
        makeRoom()
        // Two octets stay free: one for a newline that the file lacks at its end, one for the window's own.
        let room = capacity - end - 2
        let count: Int
        switch source {
        case .file(let descriptor, _):
            do throws(SystemError) {
                count = try unsafe calls.read(
                    descriptor, into: UnsafeMutableRawBufferPointer(start: storage + end, count: room))
            } catch {
                throw .system(error)
            }
            unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(start: storage + end, count: count))
        case .text(let text, let next):
            count = min(room, text.count - next)
            for index in 0..<count { unsafe storage[end + index] = text[next + index] }
            source = .text(text, next: next + count)
        }
        end += count
        bytesRead += Int64(count)
        if count == 0 {
            isComplete = true
            if end > start, unsafe storage[end - 1] != UInt8(ascii: "\n") {
                unsafe storage[end] = UInt8(ascii: "\n")
                end += 1
            }
            if case .file(let descriptor, let before) = source { try checkUnchanged(descriptor, since: before) }
        }
        unsafe storage[end] = UInt8(ascii: "\n")
    }

    /// Moves the unread part to the front, and doubles the storage when that part fills most of it.
    private mutating func makeRoom() {
        if start > 0 {
            unsafe storage.update(from: storage + start, count: end - start)
            end -= start
            start = 0
        }
        if end > capacity / 2 {
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
            unsafe larger.update(from: storage, count: end)
            unsafe storage.deallocate()
            unsafe storage = larger
            capacity *= 2
        }
    }

    private func checkUnchanged(_ descriptor: Int32, since before: FileStatus) throws(WindowError) {
        let now = try Window.status(of: descriptor, calls)
        if now != before || bytesRead != before.size { throw .changed }
    }
}

/// Why a file can't be read.
enum WindowError: Error, Equatable {
    case system(SystemError)
    case notRegular
    case changed
    /// An included file is not where such files may be.
    case outside(folder: String)

    /// For a sentence that begins with the file's name.
    var reason: String {
        switch self {
        case .system(let error): "cannot be read: \(error.reason)"
        case .notRegular: "is not a regular file; a master file can't be a folder, pipe or device"
        case .outside(let folder):
            "is not below \(folder == "." ? "the folder of the zone's file" : PrintableText.of(folder)) once links are followed; only files there may be "
                + "included, or below a folder given by --include-from"
        case .changed: "changed while it was being read; load it again when it is complete"
        }
    }
}
