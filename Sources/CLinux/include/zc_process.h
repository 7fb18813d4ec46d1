// Threads, scheduling, locks and accounts of a process.

#ifndef ZC_PROCESS_H
#define ZC_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/// Names the calling thread, for ps and debuggers; cut to 15 characters.
void zc_thread_set_name(const char *name);

/// Lets the calling thread be interrupted: 0 or a negative errno value.
int zc_thread_allow_interrupts(void);

/// Ends the system call in which such a thread waits, if it does: by a signal (SIGURG) whose handler does nothing. A thread that
/// is about to wait is not reached, so it takes repetition. It must not have been joined. 0 or a negative errno value.
int zc_thread_interrupt(uint64_t thread);

/// Binds the calling thread to one of the processors that the process may use (`index` modulo their number): 0 or a
/// negative errno value.
int zc_thread_bind(uint32_t index);

/// How many processors the process may use; at least 1.
uint32_t zc_processor_count(void);

/// Has the calling thread, and those it starts later, stand back behind others: `nice` of 0 to 19. (SCHED_IDLE would
/// never get its turn on a machine that is busy for good.) Returns 0 or a negative errno value.
int zc_stand_back(int nice);

/// Takes (`exclusive` 1) or releases (0) an advisory lock on the whole file without waiting: 0, -EWOULDBLOCK when
/// another has it, or another negative errno value.
int zc_file_lock(int fd, int exclusive);

/// Looks up an account by name or number: 0, -ENOENT, or another negative errno value.
int zc_account_find(const char *name, uint32_t *uid, uint32_t *gid);

/// Becomes that account for good, with its supplementary groups: 0 or a negative errno value.
int zc_account_become(const char *name);

#endif
