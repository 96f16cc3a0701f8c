using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Commands.Admin;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// The commands of a passthrough subsystem, one row each: answered here, or sent to the target. An opcode without a row is answered with
/// Invalid Opcode. What passes inside Get Log Page, Get and Set Features is in <see cref="PassthroughFilter"/>.
/// </summary>
public static class PassthroughTable
{
    private static readonly CommandDescriptor?[] s_admin = CommandTable.Index(
    [
        DeleteIoSubmissionQueue.Descriptor,
        CreateIoSubmissionQueue.Descriptor,
        DeleteIoCompletionQueue.Descriptor,
        CreateIoCompletionQueue.Descriptor,
        Abort.Descriptor,
        AsynchronousEventRequest.Descriptor,
        KeepAlive.Descriptor,
        PassthroughIdentify.Row(),
        PassthroughLogPage.Row(),
        PassthroughFeatures.GetRow(),
        PassthroughFeatures.SetRow(),
        .. VendorCommands.Rows(),
    ]);

    private static readonly CommandDescriptor?[] s_io = CommandTable.Index([ForwardedFlush.Row(), .. ForwardedIo.Rows()]);

    /// <summary>Makes the tables, before a reactor needs them: nothing is allocated there.</summary>
    public static void Load()
    {
        _ = Admin(0);
        _ = PassthroughFilter.Of(default(LogPageId));
    }

    /// <summary>The rows of the admin commands by opcode, 256 places, null where there is no command.</summary>
    internal static CommandDescriptor?[] AdminRows => s_admin;

    /// <summary>The rows of the I/O commands by opcode, 256 places, null where there is no command.</summary>
    internal static CommandDescriptor?[] IoRows => s_io;

    /// <summary>The row of an admin opcode, or null.</summary>
    public static CommandDescriptor? Admin(byte opcode) => s_admin[opcode];

    /// <summary>The row of an I/O opcode, or null.</summary>
    public static CommandDescriptor? Io(byte opcode) => s_io[opcode];
}
