// Why an image or a directory is refused, or could not be written.

import Platform

/// What is wrong with a file of a generation. Each carries the file's path.
package enum ImageError: Error, Hashable, Sendable {
    /// The system refused to open, map, write, flush or rename a file.
    case platform(PlatformError)
    /// The file is shorter than a header or than its header says, or longer.
    case wrongSize(path: String, found: Int, expected: Int)
    /// The file does not begin as an image or directory does.
    case foreign(path: String)
    /// The file is of another version of the format.
    case wrongVersion(path: String, found: UInt32)
    /// The file was written by a program whose structures differ, though the version is the same.
    case wrongLayout(path: String)
    /// The header was changed after the file was written.
    case damagedHeader(path: String)
    /// The content was changed after the file was written.
    case damagedBody(path: String)
    /// The directory is not the one that was announced, or an image not the one that the directory names.
    case wrongDigest(path: String)
    /// A table of the file refers to places outside it.
    case badTable(path: String)
    /// A directory's apexes hash to much the same with every seed. Nobody has met such ones.
    case collidingApexes
}

extension ImageError {
    /// True when only descriptors or memory were short: the files may be as they should be.
    package var isShortage: Bool {
        if case .platform(let error) = self { error.isShortage } else { false }
    }
}

extension ImageError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .platform(let error): error.description
        case .wrongSize(let path, let found, let expected):
            "\(path) has \(found) bytes where \(expected) are expected: it is truncated or damaged; load its zones with --force"
        case .foreign(let path): "\(path) is no zone image"
        case .wrongVersion(let path, let found):
            "\(path) is of format version \(found), this program reads \(ImageVersion.current): load its zones with --force"
        case .wrongLayout(let path):
            "\(path) was written by a program with another layout of structures: load its zones with --force"
        case .damagedHeader(let path): "the header of \(path) is damaged; load its zones with --force"
        case .damagedBody(let path):
            "the content of \(path) does not fit its digest: it is damaged; load its zones with --force"
        case .wrongDigest(let path): "\(path) is another file than the one announced"
        case .collidingApexes:
            "the names of the zones collide with every hash seed; remove the zones that were added last"
        case .badTable(let path): "a table in \(path) refers to places outside the file"
        }
    }
}
