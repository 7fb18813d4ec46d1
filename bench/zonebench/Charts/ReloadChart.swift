// Answers and latency over time while a zone is reloaded, with the reloads marked.

struct ReloadChart {
    let report: ReloadReport

    private static let width = 980.0
    private static let left = 70.0

    var drawing: Drawing {
        var drawing = Drawing(width: ReloadChart.width, height: 600)
        drawing.text("\(report.server), \(report.delegations) delegations", x: 20, y: 28, isTitle: true)
        let legend = ReloadChart.width - 400
        drawing.rectangle(x: legend, y: 18, width: 14, height: 12, .band)
        drawing.text("publishing", x: legend + 20, y: 28, isQuiet: true)
        drawing.rectangle(x: legend + 110, y: 22, width: 6, height: 6, .loss)
        drawing.text("a tenth of a second with lost questions", x: legend + 124, y: 28, isQuiet: true)
        let seconds = Double(report.intervals.count) * report.intervalSeconds
        let time = Axis(range: 0...max(seconds, 1), pixels: ReloadChart.left...ReloadChart.width - 30)
        let rates = report.intervals.map { Double($0.answered) / report.intervalSeconds }
        panel(
            "answers a second", rates, 0...max(1, (rates.max() ?? 1) * 1.1), 60...230, time, .line, marksLosses: true,
            &drawing)
        let waits = report.intervals.map { $0.worstMicroseconds / 1000 }
        panel(
            "longest wait for an answer, ms", waits, 0...max(1, (waits.max() ?? 1) * 1.1), 280...450, time, .second,
            marksLosses: false, &drawing)
        for tick in time.ticks(12) {
            drawing.text(Axis.text(tick), x: time.place(tick), y: 466, anchor: .middle, isQuiet: true)
        }
        drawing.text("seconds", x: ReloadChart.width - 30, y: 482, anchor: .end, isQuiet: true)
        memory(&drawing)
        return drawing
    }

    private func panel(
        _ title: String, _ values: [Double], _ range: ClosedRange<Double>, _ pixels: ClosedRange<Double>,
        _ time: Axis, _ style: Drawing.Style, marksLosses: Bool, _ drawing: inout Drawing
    ) {
        let axis = Axis(range: range, pixels: pixels, isUpwards: true)
        for mark in report.publications {
            drawing.rectangle(
                x: time.place(mark.from), y: pixels.lowerBound,
                width: max(1, time.place(mark.to) - time.place(mark.from)),
                height: pixels.upperBound - pixels.lowerBound, .band)
        }
        grid(title, axis, pixels, &drawing)
        let points = values.enumerated().map { index, value in
            (time.place((Double(index) + 0.5) * report.intervalSeconds), axis.place(value))
        }
        drawing.polyline(points, style)
        guard marksLosses else { return }
        for (index, interval) in report.intervals.enumerated() where interval.lost > 0 {
            let x = time.place((Double(index) + 0.5) * report.intervalSeconds)
            drawing.rectangle(x: x - 3, y: pixels.lowerBound - 8, width: 6, height: 6, .loss)
        }
    }

    private func grid(
        _ title: String, _ axis: Axis, _ pixels: ClosedRange<Double>, _ drawing: inout Drawing
    ) {
        drawing.text(title, x: ReloadChart.left, y: pixels.lowerBound - 10)
        for tick in axis.ticks(4) {
            drawing.line(ReloadChart.left, axis.place(tick), ReloadChart.width - 30, axis.place(tick), .grid)
            drawing.text(
                Axis.text(tick), x: ReloadChart.left - 8, y: axis.place(tick) + 4, anchor: .end, isQuiet: true)
        }
    }

    /// Memory during one more reload, without load: reading it takes the servers' time.
    private func memory(_ drawing: inout Drawing) {
        guard let last = report.memoryOverTime.last, let most = report.memoryOverTime.map(\.mebibytes).max() else {
            return
        }
        let pixels = 500.0...570.0
        let time = Axis(range: 0...max(last.second, 0.1), pixels: ReloadChart.left...ReloadChart.width - 30)
        let axis = Axis(range: 0...most * 1.1, pixels: pixels, isUpwards: true)
        grid("MiB of all processes (PSS) during one reload", axis, pixels, &drawing)
        drawing.polyline(report.memoryOverTime.map { (time.place($0.second), axis.place($0.mebibytes)) }, .line)
        for tick in time.ticks(12) {
            drawing.text(Axis.text(tick), x: time.place(tick), y: 586, anchor: .middle, isQuiet: true)
        }
    }
}
