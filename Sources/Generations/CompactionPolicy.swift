// Which zones a build copies from images that are there into its own: the policy by which many small zones stay in few
// images, however often single ones change. It has two rules, by what the content of the day uses of an image:
//
//   1. An image that has no more records in use than the new one will have anyway is merged into it. So above 1,000
//      records each copy of a zone is in an image that is twice as large as the one before: n zones are in about log n
//      images, and a zone is copied about that often. Large images stand alone.
//   2. An image of whose zones fewer than half are in use is given up: what is in use is copied.
//
// The work is the build process's, at the lowest priority; images that nothing names any more are unlinked.

/// The choice of images to be merged.
public enum CompactionPolicy {
    /// The new image is taken to have this many records at least: single zones gather until there are some.
    static let smallestImage = 1000
    /// An image with more records than this is not merged by rule 1.
    static let largestMerged = 200_000

    /// The images whose zones are to be copied.
    ///
    /// - Parameters:
    ///   - uses: what is in use of each image, without the zones that are built.
    ///   - records: how many the zones have that are built, as far as it is known.
    ///   - zoneCount: how many zones an image file holds, in use or not.
    public static func choose(
        among uses: [FileName: Content.ImageUse], records: Int, zoneCount: (FileName) -> Int
    ) -> Set<FileName> {
        var size = max(records, smallestImage)
        var chosen: Set<FileName> = []
        for (image, use) in uses.sorted(by: { ($0.value.records, $0.key) < ($1.value.records, $1.key) }) {
            guard use.records <= min(size, largestMerged) || 2 * use.zones < zoneCount(image) else { continue }
            chosen.insert(image)
            size += use.records
        }
        return chosen
    }
}
