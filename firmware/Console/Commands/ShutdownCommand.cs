namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>shutdown</c>: ends the process as SIGTERM does, caches flushed.</summary>
internal static class ShutdownCommand
{
    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("shutdown", "", "flush what hosts wrote and end the firmware", Run)
    {
        Details = "On a terminal it asks first; a script is taken at its word.",
    };

    private static void Run(CommandCall call)
    {
        if (call.Terminal is { } terminal && !terminal.Confirms("End the firmware? Hosts lose their disk."))
        {
            call.Report.Fail("not confirmed: nothing was done");
            return;
        }

        call.Targets.Shutdown();
        call.Report.Field("shutdown", "begun");
    }
}
