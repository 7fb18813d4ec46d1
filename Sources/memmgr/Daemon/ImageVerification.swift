// A generation is published again after a restart when its sizes and headers are right, so that nobody waits for its
// every byte to be read. That is done here, behind the publication and at the lowest priority.

import CLinux
import Generations
import Glibc
import Logging
import Platform
import ZoneImage

extension Manager {
    /// Checks the images of the current generation in the background; the zones of one that is damaged are built again.
    func verifyImages() {
        let names = ledger.images.sorted()
        guard !names.isEmpty else { return }
        let (images, mailbox, log) = (images, mailbox, log)
        do {
            try DaemonThread(named: "verify") {
                // Of this thread only: it has started no other.
                _ = zc_stand_back(19)
                for name in names {
                    do {
                        try ImageFile(path: "\(images.path)/\(name)").verify()
                    } catch ImageError.platform(let error) where error.isAbsence {
                        // Replaced and released meanwhile.
                        continue
                    } catch {
                        log.critical("\(error)")
                        // What the machine has no memory or descriptors for is not damaged.
                        if case ImageError.platform = error { continue }
                        mailbox.put(.event(.filesLost([name])))
                    }
                }
                log.debug("all images are whole", metadata: ["images": "\(names.count)"])
            }.detach()
        } catch {
            log.warning("the images are not verified: \(error)")
        }
    }
}

extension PlatformError {
    var isAbsence: Bool {
        if case .system(let error) = self { error.code == ENOENT } else { false }
    }
}
