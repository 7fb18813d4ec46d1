// Opening files that others have named.

#ifndef ZC_FILE_H
#define ZC_FILE_H

/// Opens a file by a path that is relative to a folder and must not lead out of it, neither by `..` nor by a link
/// (openat2, RESOLVE_BENEATH): the descriptor or a negative errno value, -EXDEV if it leads out. `flags` are those of open; the
/// descriptor is CLOEXEC.
int zc_open_beneath(const char *folder, const char *path, int flags);

#endif
