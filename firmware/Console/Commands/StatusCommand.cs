using System.Globalization;
using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>status</c>: the first thing to ask: what runs, for how long, is the host there, is the controller ready.</summary>
internal static class StatusCommand
{
    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("status", "", "link, controller state, uptime, version", Run);

    /// <summary>Time in words, e.g. <c>3 d 04:05:06</c>.</summary>
    public static string Duration(double seconds)
    {
        TimeSpan span = TimeSpan.FromSeconds(seconds);
        string time = span.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
        return span.Days > 0 ? $"{span.Days} d {time}" : time;
    }

    private static void Run(CommandCall call)
    {
        Report report = call.Report;
        double uptime = Hal.Linux.ProcessAge.Nanoseconds() / 1e9;
        report.Field("version", Program.Version);
        report.Field("process_id", Environment.ProcessId);
        report.Field("uptime_seconds", Cell.Of(uptime, 1), Duration(uptime));
        report.BeginItems("functions");
        foreach (ConsoleFunction function in call.Functions)
        {
            report.BeginItem($"function {function.Name}:");
            ShowFunction(report, function);
            report.EndItem();
        }

        foreach (StoppedFunction stopped in call.StoppedFunctions)
        {
            report.BeginItem($"function {stopped.Name}:");
            report.Field("name", stopped.Name);
            report.Field("controller", stopped.Controller);
            report.Field("state", stopped.State);
            report.EndItem();
        }

        report.EndItems();
    }

    private static void ShowFunction(Report report, ConsoleFunction function)
    {
        NvmeController controller = function.Controller;
        ControllerStatus status = controller.Registers.Status;
        report.Field("name", function.Name);
        report.Field("platform", function.Platform.Name);
        report.Field("subsystem_nqn", controller.Settings.SubsystemNqn);
        ShowTarget(report, controller);
        report.Field("link", controller.IsLinkUp ? "up" : "down");
        report.Field("bus_master", controller.IsLinkUp && function.Platform.IsBusMasterEnabled);
        report.Field("state", StateName(controller.State));
        report.Field("ready", status.Ready);
        report.Field("fatal", status.ControllerFatalStatus);
        report.Field("commands_in_flight", function.Sum(engine => engine.InFlight));
        report.Field("commands_completed", (ulong)function.Sum(engine => (long)engine.CompletedCount));
        report.Field("commands_failed", (ulong)function.Sum(engine => (long)engine.FailedCount));
        report.Field("io_queues_offered", controller.IoQueueCount);
        report.Field("namespaces", controller.Passthrough?.Current.Namespaces.Length ?? controller.Namespaces.AllocatedCount);
        report.Field("critical_warning", Cell.Hex((byte)controller.Smart.Health.Current(controller.Features), 2));
    }

    /// <summary>Whose serial number hosts see. A passthrough target's own is not for this thread, which may find its memory gone.</summary>
    private static void ShowTarget(Report report, NvmeController controller)
    {
        if (controller.Passthrough is not { } target)
        {
            report.Field("serial", controller.Settings.Serial);
            return;
        }

        report.Field("serial", target.Settings.HasOwnSerial ? controller.Settings.Serial : "(the target's)");
        report.Field("target", target.Settings.Description);
        report.Field("target_open", target.Current.ControllerDescriptor >= 0);
    }

    /// <summary>A state as it is shown: words with hyphens.</summary>
    public static string StateName(ControllerState state) => state switch
    {
        ControllerState.Disabled => "disabled",
        ControllerState.Ready => "ready",
        ControllerState.ShutdownDraining => "shutdown-draining",
        ControllerState.ShutdownFlushing => "shutdown-flushing",
        ControllerState.ShutDown => "shut-down",
        _ => "resetting",
    };
}
