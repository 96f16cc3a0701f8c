using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>Commands Supported and Effects, 05h (NVMe Base 2.1 section 5.1.12.1.6), made from the table of commands.</summary>
internal static unsafe class CommandEffectsPage
{
    /// <summary>The row.</summary>
    public static LogPageDescriptor Row { get; } = new()
    {
        Id = LogPageId.CommandsSupportedAndEffects,
        Name = "Commands Supported and Effects",
        LengthBytes = sizeof(CommandsSupportedAndEffectsLog),
        UsesCommandSet = true,
        Fill = &Fill,
    };

    private static void Fill(NvmeController controller, ref CommandSlot slot, byte* page)
    {
        CommandsSupportedAndEffectsLog* data = (CommandsSupportedAndEffectsLog*)page;
        for (int i = 0; i <= byte.MaxValue; i++)
        {
            data->AdminCommands[i] = Entry(controller, CommandTable.Admin((byte)i));
            data->IoCommands[i] = Entry(controller, CommandTable.Io((byte)i));
        }
    }

    private static CommandSupportedAndEffects Entry(NvmeController controller, CommandDescriptor? row) =>
        row is null || (row.IsSupported != null && !row.IsSupported(controller)) ? default : new CommandSupportedAndEffects(row.Effects) { CommandSupported = true };
}
