using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>
/// Submission queue entries, written by hand from NVMe Base 2.1 chapter 5 and NVM Command Set 1.1 chapter 3: command dwords are put
/// together here and not through the firmware's types, so that a wrong field there does not pass unseen. Data pointers are the caller's.
/// </summary>
public static class NvmeCommands
{
    /// <summary>Any opcode with a namespace and dword 10.</summary>
    public static SubmissionQueueEntry Command(byte opcode, uint namespaceIdentifier = 0, uint cdw10 = 0, uint cdw11 = 0) => new()
    {
        Cdw0 = new CommandDword0 { Opcode = opcode },
        NamespaceIdentifier = namespaceIdentifier,
        Cdw10 = cdw10,
        Cdw11 = cdw11,
    };

    /// <summary>Identify (5.1.13): CNS, CNTID and CSI.</summary>
    public static SubmissionQueueEntry Identify(
        byte controllerOrNamespaceStructure, uint namespaceIdentifier = 0, byte commandSetIdentifier = 0,
            ushort controllerIdentifier = 0) =>
        Command(
            (byte)AdminOpcode.Identify,
            namespaceIdentifier,
            controllerOrNamespaceStructure | ((uint)controllerIdentifier << 16),
            (uint)commandSetIdentifier << 24);

    /// <summary>Get Log Page (5.1.12) of <paramref name="lengthBytes"/> (a multiple of 4) from an offset.</summary>
    public static SubmissionQueueEntry GetLogPage(
        byte logPageIdentifier, int lengthBytes, ulong offset = 0, bool retainAsynchronousEvent = true,
            uint namespaceIdentifier = 0xFFFFFFFF)
    {
        uint dwords = (uint)(lengthBytes / 4) - 1;
        SubmissionQueueEntry command = Command(
            (byte)AdminOpcode.GetLogPage,
            namespaceIdentifier,
            logPageIdentifier | (retainAsynchronousEvent ? 1u << 15 : 0) | (dwords << 16),
            dwords >> 16);
        command.Cdw12 = (uint)offset;
        command.Cdw13 = (uint)(offset >> 32);
        return command;
    }

    /// <summary>Get Features (5.1.11); <paramref name="select"/> 0 current, 1 default, 2 saved, 3 supported capabilities.</summary>
    public static SubmissionQueueEntry GetFeatures(byte featureIdentifier, uint cdw11 = 0, byte select = 0, uint namespaceIdentifier = 0) =>
        Command((byte)AdminOpcode.GetFeatures, namespaceIdentifier, featureIdentifier | ((uint)select << 8), cdw11);

    /// <summary>Set Features (5.1.25).</summary>
    public static SubmissionQueueEntry SetFeatures(byte featureIdentifier, uint cdw11, bool save = false, uint namespaceIdentifier = 0) =>
        Command((byte)AdminOpcode.SetFeatures, namespaceIdentifier, featureIdentifier | (save ? 1u << 31 : 0), cdw11);

    /// <summary>Create I/O Completion Queue (5.2.1), physically contiguous; vector -1 is one without interrupts.</summary>
    public static SubmissionQueueEntry CreateCompletionQueue(ushort queueIdentifier, int entryCount, ulong address, int vector = -1)
    {
        SubmissionQueueEntry command = Command(
            (byte)AdminOpcode.CreateIoCompletionQueue,
            0,
            queueIdentifier | ((uint)(entryCount - 1) << 16),
            1u | (vector >= 0 ? 2u | ((uint)vector << 16) : 0));
        command.Prp1 = address;
        return command;
    }

    /// <summary>Create I/O Submission Queue (5.2.2), physically contiguous.</summary>
    public static SubmissionQueueEntry CreateSubmissionQueue(
        ushort queueIdentifier, int entryCount, ulong address, ushort completionQueueIdentifier, QueuePriority priority = QueuePriority.Urgent)
    {
        SubmissionQueueEntry command = Command(
            (byte)AdminOpcode.CreateIoSubmissionQueue,
            0,
            queueIdentifier | ((uint)(entryCount - 1) << 16),
            1u | ((uint)priority << 1) | ((uint)completionQueueIdentifier << 16));
        command.Prp1 = address;
        return command;
    }

    /// <summary>Delete I/O Submission Queue (5.2.4).</summary>
    public static SubmissionQueueEntry DeleteSubmissionQueue(ushort queueIdentifier) =>
        Command((byte)AdminOpcode.DeleteIoSubmissionQueue, 0, queueIdentifier);

    /// <summary>Delete I/O Completion Queue (5.2.3).</summary>
    public static SubmissionQueueEntry DeleteCompletionQueue(ushort queueIdentifier) =>
        Command((byte)AdminOpcode.DeleteIoCompletionQueue, 0, queueIdentifier);

    /// <summary>Abort (5.1.1) of a command on a submission queue.</summary>
    public static SubmissionQueueEntry Abort(ushort submissionQueueIdentifier, ushort commandIdentifier) =>
        Command((byte)AdminOpcode.Abort, 0, submissionQueueIdentifier | ((uint)commandIdentifier << 16));

    /// <summary>Asynchronous Event Request (5.1.2).</summary>
    public static SubmissionQueueEntry AsynchronousEventRequest() => Command((byte)AdminOpcode.AsynchronousEventRequest);

    /// <summary>Keep Alive (5.1.14).</summary>
    public static SubmissionQueueEntry KeepAlive() => Command((byte)AdminOpcode.KeepAlive);

    /// <summary>Read, Write, Compare, Verify or Write Zeroes (NVM 3.2): a starting LBA and a number of blocks, 1 to 65536.</summary>
    public static SubmissionQueueEntry BlockCommand(
        NvmOpcode opcode, uint namespaceIdentifier, ulong startingLogicalBlock, int blockCount, bool forceUnitAccess = false)
    {
        SubmissionQueueEntry command = Command(
            (byte)opcode, namespaceIdentifier, (uint)startingLogicalBlock, (uint)(startingLogicalBlock >> 32));
        command.Cdw12 = (uint)(blockCount - 1) | (forceUnitAccess ? 1u << 30 : 0);
        return command;
    }

    /// <summary>Flush.</summary>
    public static SubmissionQueueEntry Flush(uint namespaceIdentifier) => Command((byte)NvmOpcode.Flush, namespaceIdentifier);

    /// <summary>Dataset Management (NVM 3.2.3) with so many ranges; AD deallocates.</summary>
    public static SubmissionQueueEntry DatasetManagement(uint namespaceIdentifier, int rangeCount, bool deallocate = true) =>
        Command((byte)NvmOpcode.DatasetManagement, namespaceIdentifier, (uint)(rangeCount - 1), deallocate ? 4u : 0);

    /// <summary>The same command with its data described by PRPs.</summary>
    public static SubmissionQueueEntry WithPrp(this SubmissionQueueEntry command, PrpPair prp)
    {
        command.Prp1 = prp.Prp1;
        command.Prp2 = prp.Prp2;
        return command;
    }

    /// <summary>The same command with its data described by an SGL (PSDT 01b).</summary>
    public static SubmissionQueueEntry WithSgl(this SubmissionQueueEntry command, SglDescriptor descriptor)
    {
        command.Cdw0 = command.Cdw0 with { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer };
        command.Sgl1 = descriptor;
        return command;
    }
}
