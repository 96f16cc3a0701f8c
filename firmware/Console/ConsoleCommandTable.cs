using Nvmepf.Firmware.Console.Commands;

namespace Nvmepf.Firmware.Console;

/// <summary>The commands of the console, a row each. A command is a file in Console/Commands and a row here.</summary>
internal static class ConsoleCommandTable
{
    /// <summary>The rows, in the order in which help lists them.</summary>
    public static ConsoleCommand[] Rows { get; } =
    [
        HelpCommand.Row,
        StatusCommand.Row,
        QueuesCommand.Row,
        StatsCommand.Row,
        StatsCommand.On,
        StatsCommand.Off,
        TopCommand.Row,
        PlatformCommands.Windows,
        PlatformCommands.Dma,
        PlatformCommands.Irq,
        RegsCommand.Row,
        PciCommand.Row,
        LogCommand.Row,
        AttributeCommands.List,
        AttributeCommands.Get,
        AttributeCommands.Set,
        ExportCommands.ToDirectory,
        ExportCommands.ToFile,
        NamespaceCommands.List,
        NamespaceCommands.Add,
        NamespaceCommands.Resize,
        NamespaceCommands.Disable,
        NamespaceCommands.Enable,
        NamespaceCommands.Remove,
        TraceCommand.On,
        TraceCommand.Off,
        TraceCommand.Dump,
        InjectCommand.Error,
        InjectCommand.Delay,
        InjectCommand.List,
        InjectCommand.Clear,
        InjectCommand.Link,
        LinkResetCommand.Row,
        ShutdownCommand.Row,
        ExitCommand.Row,
    ];
}
