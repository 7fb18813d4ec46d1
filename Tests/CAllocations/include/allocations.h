// Counts what a program takes from the heap. Linked into one program only, whose malloc it becomes.

#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/// How many blocks have been taken since the start of the process, by any thread.
long allocations_count(void);

#endif
