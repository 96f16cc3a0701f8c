using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>What the error log keeps of a command that failed, as a value: the command may have ended on another reactor than the log's.</summary>
public struct FailedCommand
{
    /// <summary>How it ended.</summary>
    public Status Status;

    /// <summary>SQID; 0 for an admin command.</summary>
    public ushort SubmissionQueueId;

    /// <summary>CID.</summary>
    public ushort CommandIdentifier;

    /// <summary>Opcode.</summary>
    public byte Opcode;

    /// <summary>Byte of the entry that is to blame, or <see cref="CommandSlot.NoParameterLocation"/>.</summary>
    public byte ErrorByte;

    /// <summary>Bit of that byte.</summary>
    public byte ErrorBit;

    /// <summary>NSID.</summary>
    public uint NamespaceId;

    /// <summary>First LBA, 0 for an admin command.</summary>
    public ulong Lba;

    /// <summary>Copies what is needed of a slot whose status and error location are final.</summary>
    public static FailedCommand Of(in CommandSlot slot) => new()
    {
        Status = slot.Status,
        SubmissionQueueId = slot.SubmissionQueueId,
        CommandIdentifier = slot.Entry.Cdw0.CommandIdentifier,
        Opcode = slot.Entry.Cdw0.Opcode,
        ErrorByte = slot.ErrorByte,
        ErrorBit = slot.ErrorBit,
        NamespaceId = slot.Entry.NamespaceIdentifier,
        Lba = slot.SubmissionQueueId != 0 ? slot.Entry.StartingLba : 0,
    };
}
