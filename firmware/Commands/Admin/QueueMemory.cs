using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin;

/// <summary>What the two queue creation commands check alike: PRP Entry 1 of a physically contiguous queue.</summary>
internal static class QueueMemory
{
    /// <summary>Page aligned (else PRP Offset Invalid) and all of it in host memory that the device may use so (else Data Transfer Error).</summary>
    public static Status Check(NvmeController controller, ref CommandSlot slot, int entries, int entryBytes, HostAccess access)
    {
        ulong address = slot.Entry.Prp1;
        if ((address & (controller.Engine.MemoryPageBytes - 1)) != 0)
        {
            return slot.Blame(new Status(StatusCode.PrpOffsetInvalid, true), 24);
        }

        return controller.Queues.IsReachable(address, entries, entryBytes, access)
            ? Status.Success
            : slot.Blame(new Status(StatusCode.DataTransferError, true), 24);
    }
}
