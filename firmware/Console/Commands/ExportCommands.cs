using Nvmepf.Firmware.Configuration;

namespace Nvmepf.Firmware.Console.Commands;

/// <summary>
/// <c>export configfs</c>, <c>export json</c>: the configuration as it is served now, namespaces that came at the console and states of ANA
/// groups included, in a form by which the firmware starts again to the same effect.
/// </summary>
internal static class ExportCommands
{
    private const string WhatIsLeftOut = "Secrets are left out. A relative path is one of the firmware's working directory.";

    /// <summary>Writes a directory.</summary>
    public static ConsoleCommand ToDirectory { get; } = new(
        "export configfs", "DIR", "write the running configuration as a directory for --configfs", call => Run(call, ToDirectory!, DirectoryPrinter.Write))
    {
        ArgumentsMax = 1,
        Details = $"DIR is empty, or is made. {WhatIsLeftOut}",
    };

    /// <summary>Writes a file.</summary>
    public static ConsoleCommand ToFile { get; } = new(
        "export json", "FILE", "write the running configuration as a file for --config and nvmetcli", call => Run(call, ToFile!, JsonPrinter.Write))
    {
        ArgumentsMax = 1,
        Details = $"A FILE that is there is replaced. {WhatIsLeftOut}",
    };

    private static void Run(CommandCall call, ConsoleCommand command, Action<ConfigurationTree, string, Place> write)
    {
        if (call[0] is not string path)
        {
            call.FailUsage(command);
            return;
        }

        if (call.Targets.Editor is not { IsServing: true } editor)
        {
            call.Report.Fail("no function is served now, so there is no running configuration");
            return;
        }

        lock (editor.Gate)
        {
            write(editor.Tree, path, new Place(null, command.Name));
        }

        call.Report.Field("written", NamespaceCommands.Ascii(Path.GetFullPath(path)));
    }
}
