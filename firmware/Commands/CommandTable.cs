using Nvmepf.Firmware.Commands.Admin;
using Nvmepf.Firmware.Commands.Admin.Features;
using Nvmepf.Firmware.Commands.Admin.LogPages;
using Nvmepf.Firmware.Commands.Admin.Structures;
using Nvmepf.Firmware.Commands.Io;

namespace Nvmepf.Firmware.Commands;

/// <summary>
/// Every command that the controller knows, one row each. An opcode without a row is answered with Invalid Opcode.
/// Identify, the effects log and the documentation are made from these rows.
/// </summary>
public static class CommandTable
{
    private static readonly CommandDescriptor?[] s_admin = Index(
    [
        DeleteIoSubmissionQueue.Descriptor,
        CreateIoSubmissionQueue.Descriptor,
        GetLogPage.Descriptor,
        DeleteIoCompletionQueue.Descriptor,
        CreateIoCompletionQueue.Descriptor,
        Identify.Descriptor,
        Abort.Descriptor,
        SetFeatures.Descriptor,
        GetFeatures.Descriptor,
        AsynchronousEventRequest.Descriptor,
        KeepAlive.Descriptor,
        DoorbellBufferConfig.Descriptor,
    ]);

    private static readonly CommandDescriptor?[] s_io = Index(
    [
        Flush.Descriptor,
        Write.Descriptor,
        Read.Descriptor,
        Compare.Descriptor,
        WriteZeroes.Descriptor,
        DatasetManagement.Descriptor,
        Verify.Descriptor,
        ReservationRegister.Descriptor,
        ReservationReport.Descriptor,
        ReservationAcquire.Descriptor,
        ReservationRelease.Descriptor,
    ]);

    /// <summary>
    /// Makes this table and those of the commands that have tables of their own. Static data is made at its first use otherwise, which
    /// would be on a reactor, where nothing is allocated.
    /// </summary>
    public static void Load()
    {
        _ = Admin(0);
        _ = IdentifyTable.Find(default);
        _ = LogPageTable.Find(default);
        _ = FeatureTable.IsKnown(default);
    }

    /// <summary>The rows of the admin commands by opcode, 256 places, null where there is no command.</summary>
    internal static CommandDescriptor?[] AdminRows => s_admin;

    /// <summary>The rows of the I/O commands by opcode, 256 places, null where there is no command.</summary>
    internal static CommandDescriptor?[] IoRows => s_io;

    /// <summary>The row of an admin opcode, or null.</summary>
    public static CommandDescriptor? Admin(byte opcode) => s_admin[opcode];

    /// <summary>The row of an NVM command set opcode, or null.</summary>
    public static CommandDescriptor? Io(byte opcode) => s_io[opcode];

    /// <summary>Puts rows into a table by opcode.</summary>
    internal static CommandDescriptor?[] Index(CommandDescriptor[] rows)
    {
        CommandDescriptor?[] table = new CommandDescriptor?[256];
        foreach (CommandDescriptor row in rows)
        {
            if (table[row.Opcode] is not null)
            {
                throw new InvalidOperationException($"opcode {row.Opcode:X2}h has two rows");
            }

            table[row.Opcode] = row;
        }

        return table;
    }
}
