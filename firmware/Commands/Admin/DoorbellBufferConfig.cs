using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>
/// Doorbell Buffer Config, 7Ch (NVMe Base 2.1 section 5.2.5): from here on the doorbells of I/O queues are words of host memory, in pages that
/// are laid out as the doorbells of BAR 0. The admin queue keeps its registers, which the host writes in any case.
/// </summary>
/// <remarks>
/// Both pages have to be memory that the controller has a pointer to: to poll them by DMA would cost more than the registers do. A platform
/// without pointers does not offer the command; where only these pages have none it fails, and a host goes on with the registers.
/// </remarks>
public static unsafe class DoorbellBufferConfig
{
    private const byte Prp1Byte = 24;
    private const byte Prp2Byte = 32;

    /// <summary>Row of the dispatch table.</summary>
    public static CommandDescriptor Descriptor { get; } = new()
    {
        Opcode = (byte)AdminOpcode.DoorbellBufferConfig,
        Name = "Doorbell Buffer Config",
        NamespaceRule = NamespaceRule.Ignored,
        IsSupported = &IsSupported,
        Execute = &Execute,
    };

    /// <summary>Whether the platform has pointers to host memory, and so needs no windows for completion queues, and has one to this host's.</summary>
    internal static bool IsSupported(NvmeController controller) =>
        controller.Platform.CompletionQueueLimit == int.MaxValue && controller.Platform.HostMemory.HasPointers;

    private static CommandOutcome Execute(CommandEngine engine, ref CommandSlot slot)
    {
        NvmeController controller = engine.Controller;
        if (!IsSupported(controller))
        {
            slot.Status = slot.Blame(new Status(StatusCode.InvalidOpcode, doNotRetry: true), 0);
            return CommandOutcome.Completed;
        }

        slot.Status = Check(controller, ref slot, slot.Entry.Prp1, Prp1Byte);
        if (slot.Status.IsSuccess)
        {
            slot.Status = Check(controller, ref slot, slot.Entry.Prp2, Prp2Byte);
        }

        if (slot.Status.IsSuccess)
        {
            foreach (QueueShare share in controller.Shares)
            {
                share.Queues.UseShadowDoorbells(slot.Entry.Prp1, slot.Entry.Prp2);
            }
        }

        return CommandOutcome.Completed;
    }

    private static Status Check(NvmeController controller, ref CommandSlot slot, ulong address, byte errorByte)
    {
        uint pageBytes = controller.Engine.MemoryPageBytes;
        if ((address & (pageBytes - 1)) != 0)
        {
            return slot.Blame(new Status(StatusCode.InvalidField, doNotRetry: true), errorByte);
        }

        bool isDirect = controller.Platform.HostMemory.Resolve(
            address, pageBytes, HostAccess.Read | HostAccess.Write, out _, out ulong contiguous) == HostMemoryKind.Direct && contiguous == pageBytes;
        return isDirect ? Status.Success : slot.Blame(StatusCode.DataTransferError, errorByte);
    }
}
