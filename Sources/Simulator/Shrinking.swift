// From a schedule that breaks an invariant to a short one that breaks the same: parts are taken out, large ones first,
// as long as it still does. Many of two hundred actions have nothing to do with a failure; a handful is readable.

extension Simulation {
    /// A schedule that is as short as could be found, and its run with a trace.
    public func shrink(_ failure: RunReport, attempts: Int = 3000) -> RunReport {
        guard let invariant = failure.violations.first?.invariant else { return failure }
        var schedule = failure.schedule
        var left = attempts
        var size = max(1, schedule.count / 2)
        while left > 0 {
            var start = 0
            var isShorter = false
            while start < schedule.count, left > 0 {
                var shorter = schedule
                shorter.removeSubrange(start..<min(start + size, schedule.count))
                left -= 1
                let report = replay(seed: failure.seed, shorter)
                if report.violations.first?.invariant == invariant {
                    // What made no sense any more has been skipped.
                    schedule = report.schedule
                    isShorter = true
                } else {
                    start += size
                }
            }
            if size > 1 {
                size /= 2
            } else if !isShorter {
                break
            }
        }
        return replay(seed: failure.seed, schedule, traced: true)
    }
}
