using Nvmepf.Firmware.Control;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary><c>link reset</c>: what a loss of the link does to the controller, once.</summary>
internal static class LinkResetCommand
{
    /// <summary>The row.</summary>
    public static ConsoleCommand Row { get; } = new("link reset", "", "reset the controller as a lost link does", Run)
    {
        Details = "The host meets a controller that has fallen to CSTS.RDY 0 by itself. The physical link stays as it is.",
    };

    private static void Run(CommandCall call)
    {
        if (call.TheFunction() is not { } function)
        {
            return;
        }

        if (call.Terminal is { } terminal && !terminal.Confirms($"Reset {function.Name}? Its host has to recover."))
        {
            call.Report.Fail("not confirmed: nothing was done");
            return;
        }

        if (call.Ask(function, new LinkResetRequest(), "link reset"))
        {
            call.Report.Field("link", "reset");
        }
    }
}
