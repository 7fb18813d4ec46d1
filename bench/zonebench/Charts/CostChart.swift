// What an answer costs on each server: a bar for each, the kernel's part and the server's own, workload by workload.

struct CostChart {
    let reports: [PeersReport]

    private static let left = 210.0
    private static let right = 90.0
    private static let width = 860.0
    private static let barHeight = 16.0

    var drawing: Drawing {
        let rows = reports.reduce(0) { $0 + $1.results.count }
        let height = 96 + Double(rows) * 24 + Double(reports.count) * 34
        var drawing = Drawing(width: CostChart.width, height: height)
        drawing.text("Processor time of one answer, µs", x: 20, y: 28, isTitle: true)
        let legend = CostChart.width - 420
        drawing.rectangle(x: legend, y: 18, width: 12, height: 12, .user)
        drawing.text("the server", x: legend + 18, y: 28, isQuiet: true)
        drawing.rectangle(x: legend + 100, y: 18, width: 12, height: 12, .system)
        drawing.text("the kernel", x: legend + 118, y: 28, isQuiet: true)
        drawing.line(legend + 205, 24, legend + 225, 24, .interval)
        drawing.text("95 % interval of the median", x: legend + 231, y: 28, isQuiet: true)
        let most = reports.flatMap(\.results).map { Middle($0.total).high }.filter(\.isFinite).max() ?? 1
        let axis = Axis(range: 0...most * 1.04, pixels: CostChart.left...CostChart.width - CostChart.right)
        let bottom = height - 30
        for tick in axis.ticks(8) {
            drawing.line(axis.place(tick), 44, axis.place(tick), bottom, .grid)
            drawing.text(Axis.text(tick), x: axis.place(tick), y: bottom + 16, anchor: .middle, isQuiet: true)
        }
        var y = 62.0
        for report in reports {
            drawing.text(report.workload, x: 20, y: y, isTitle: true)
            y += 10
            let start = y
            for result in report.results {
                bar(result, at: y, axis, &drawing)
                y += 24
            }
            if let limit = report.results.first(where: { $0.server == ServerKind.reflect.rawValue }) {
                let x = axis.place(Middle(limit.total).median)
                drawing.line(x, start, x, y - 6, .limit)
            }
            y += 24
        }
        return drawing
    }

    private func bar(_ result: PeerResult, at y: Double, _ axis: Axis, _ drawing: inout Drawing) {
        let total = Middle(result.total)
        let user = min(Middle(result.user).median, total.median)
        let origin = axis.place(0)
        drawing.text(result.server, x: CostChart.left - 12, y: y + 13, anchor: .end)
        drawing.rectangle(x: origin, y: y, width: axis.place(user) - origin, height: CostChart.barHeight, .user)
        drawing.rectangle(
            x: axis.place(user), y: y, width: axis.place(total.median) - axis.place(user),
            height: CostChart.barHeight, .system)
        let middle = y + CostChart.barHeight / 2
        drawing.line(axis.place(total.low), middle, axis.place(total.high), middle, .interval)
        for end in [total.low, total.high] {
            drawing.line(axis.place(end), middle - 4, axis.place(end), middle + 4, .interval)
        }
        drawing.text(total.median.text(2), x: axis.place(total.high) + 8, y: y + 13)
    }
}
