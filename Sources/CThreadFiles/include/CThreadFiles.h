// For programs in a sandbox: has the runtime look for the threads of the process where the sandbox lets it look.
//
// libdispatch counts its threads that run by /proc/N/stat of each, and ends the process if it can't open one. N is a thread's number,
// whose folder in /proc exists for each thread and is not listed. No Landlock rule can name what does not exist yet, and a rule for
// all of /proc would leave open what the kernel tells of itself and of other processes. The same file is also
// /proc/self/task/N/stat, below one folder that does exist. So a program that links this target has an `open` of its own, which is
// found before the C library's; it opens the second where the first is asked for.

#ifndef C_THREAD_FILES_H
#define C_THREAD_FILES_H

#include <stddef.h>

/// Where the file is that a path names: the path itself, or for /proc/N/stat the file below the process's own threads, written to
/// `room`.
const char *zc_thread_file(const char *path, char *room, size_t size);

#endif
