// What a process says that gets no memory. There is nothing else that it could do with a zone half built.

import Glibc

package enum MemoryShortage {
    /// Ends the process, which has asked in vain for a block of `size` bytes.
    package static func end(wanting size: Int) -> Never {
        let program = ProgramArguments.program.lastPathComponent
        var text =
            "\(program): not enough memory: a block of \((size + 1023) >> 10) KiB was refused. "
            + "Raise the limits of the process or the machine's memory, or load smaller zones.\n"
        _ = text.withUTF8 { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        // At once: what is registered for a normal exit may want memory too.
        _exit(ExitStatus.noMemory.rawValue)
    }
}
