// The programs of Zonecast find each other beside themselves.

import Glibc

package enum SiblingBinary {
    /// The path of a program: in the folder `ZONECAST_BIN` if that is set, else beside our own.
    package static func path(of name: String) throws(PlatformError) -> String {
        let folder = Environment[Variable.binaries].flatMap { $0.isEmpty ? nil : $0 } ?? ownFolder()
        let path = folder + "/" + name
        guard System.mayAccess(path, X_OK) else { throw .noBinary(name: name, folders: [folder]) }
        return path
    }

    /// The path of the program that runs, or of what is there now when its file was replaced.
    package static func own() -> String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(ProcessImage.runningProgram, &path, Int(PATH_MAX))
        guard count > 0 else { return ProgramArguments.program }
        let text = String(path: path[..<count].map { UInt8(bitPattern: $0) })
        // So the kernel names a file that has no name any more.
        let mark = " (deleted)"
        return text.hasSuffix(mark) ? String(text.dropLast(mark.count)) : text
    }

    private static func ownFolder() -> String {
        let path = own()
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
