using Nvmepf.Hal;
using Nvmepf.Hal.Inspection;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>windows</c>, <c>dma</c>, <c>irq</c>: how the function reaches the host's memory and interrupts.</summary>
internal static class PlatformCommands
{
    /// <summary>Outbound windows.</summary>
    public static ConsoleCommand Windows { get; } = new("windows", "", "outbound windows: where they point, who has them", call => Run(call, ShowWindows));

    /// <summary>DMA and host memory.</summary>
    public static ConsoleCommand Dma { get; } = new("dma", "", "DMA counters, requests under way, host memory known", call => Run(call, ShowDma));

    /// <summary>Interrupts.</summary>
    public static ConsoleCommand Irq { get; } = new("irq", "", "interrupt mode, vectors: masked, pending, raised", call => Run(call, ShowInterrupts));

    private static void Run(CommandCall call, Action<Report, ConsoleFunction, InspectionRequest> show)
    {
        List<(ConsoleFunction Function, InspectionRequest Request)> seen = [];
        foreach (ConsoleFunction function in call.Functions)
        {
            if (function.Inspection is not { } inspection)
            {
                call.Report.Fail($"{function.Name}: the platform {function.Platform.Name} shows nothing of itself");
                return;
            }

            InspectionRequest request = new(inspection, function.Platform.InterruptVectorCount);
            if (!call.Ask(function, request, function.Name))
            {
                return;
            }

            seen.Add((function, request));
        }

        call.Report.BeginItems("functions");
        foreach ((ConsoleFunction function, InspectionRequest request) in seen)
        {
            call.Report.BeginItem($"function {function.Name}, {function.Platform.Name}:");
            call.Report.Field("name", function.Name, "");
            call.Report.Field("platform", function.Platform.Name, "");
            show(call.Report, function, request);
            call.Report.EndItem();
        }

        call.Report.EndItems();
    }

    private static void ShowWindows(Report report, ConsoleFunction function, InspectionRequest seen)
    {
        report.Field("direct_memory", seen.WindowCount == 0, seen.WindowCount == 0 ? "yes: host memory is reached by pointers, without windows" : "no");
        report.BeginTable(
            "windows", new Column("region", 6), new Column("local", -17), new Column("host", -17), new Column("kib", 8), new Column("on", -4), new Column("taken", -5));
        for (int i = 0; i < seen.WindowCount; i++)
        {
            WindowState window = seen.Windows[i];
            report.Row(
                window.Region, Cell.Hex(window.LocalAddress, 9), Cell.Hex(window.HostAddress, 16), window.LengthBytes >> 10, window.IsInEffect, window.IsTaken);
        }

        report.EndTable();
    }

    private static void ShowDma(Report report, ConsoleFunction function, InspectionRequest seen)
    {
        report.Field("requests_in_flight", seen.DmaInFlight);
        IReadOnlyList<string> names = function.Inspection!.CounterNames;
        for (int i = 0; i < names.Count; i++)
        {
            report.Field(names[i], seen.Counters[i]);
        }

        report.Field("host_memory_regions", seen.RegionCount);
        report.BeginTable("regions", new Column("address", -17), new Column("last", -17), new Column("access", -7), new Column("direct", -6));
        for (int i = 0; i < Math.Min(seen.RegionCount, seen.Regions.Length); i++)
        {
            ShowRegion(report, in seen.Regions[i]);
        }

        report.EndTable();
    }

    private static unsafe void ShowRegion(Report report, in HostMemoryRegion region)
    {
        // The pointer is looked at, not followed.
        string access = ((region.Access & HostAccess.Read) != 0 ? "r" : "-") + ((region.Access & HostAccess.Write) != 0 ? "w" : "-");
        report.Row(Cell.Hex(region.Address, 16), Cell.Hex(region.Last, 16), access, region.Pointer != null);
    }

    private static void ShowInterrupts(Report report, ConsoleFunction function, InspectionRequest seen)
    {
        report.Field("mode", seen.InterruptKind switch { InterruptKind.Legacy => "intx", InterruptKind.Msi => "msi", _ => "msi-x" });
        report.Field("raised", function.InterruptsRaised);
        report.Field("intms_mask", Cell.Hex(function.Controller.Registers.InterruptMask, 8));
        report.BeginTable("vectors", new Column("vector", 6), new Column("connected", -9), new Column("masked", -6), new Column("pending", -7));
        for (int i = 0; i < seen.Vectors.Length; i++)
        {
            VectorState vector = seen.Vectors[i];
            report.Row(i, vector.IsConnected, vector.IsMasked, vector.IsPending);
        }

        report.EndTable();
    }
}
