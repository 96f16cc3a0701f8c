// PRP lists (NVMe Base 2.1 section 4.3.1). The one and two page cases are in DataMapper.cs.
using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Transfer;

public sealed unsafe partial class DataMapper
{
    private TransferOutcome MapPrpList(ref CommandSlot slot, ulong prp1, uint firstBytes, uint lengthBytes)
    {
        ulong list = slot.Entry.Prp2;
        if ((list & (PrpEntry.SizeBytes - 1)) != 0)
        {
            return Fail(ref slot, StatusCode.PrpOffsetInvalid, Prp2Byte);
        }

        BeginWalk(ref slot, lengthBytes - firstBytes);
        AddRange(ref slot, prp1, firstBytes);
        BeginPrpList(ref slot.Walk, list);
        return Walk(ref slot);
    }

    /// <summary>Asks for as many entries as the rest of the data needs, but none beyond the page that the list is in.</summary>
    private void BeginPrpList(ref WalkState walk, ulong address)
    {
        uint roomBytes = _pageBytes - ((uint)address & _pageMask);
        ulong neededBytes = (walk.RemainingBytes + _pageMask) / _pageBytes * PrpEntry.SizeBytes;
        BeginList(ref walk, address, (uint)Math.Min(neededBytes, roomBytes));
    }

    private Status TakePrpChunk(ref CommandSlot slot)
    {
        ref WalkState walk = ref slot.Walk;
        ulong* entries = (ulong*)slot.ListPage;
        uint count = walk.ChunkBytes / PrpEntry.SizeBytes;
        for (uint i = 0; i < count; i++)
        {
            ulong entry = entries[i];
            if ((entry & _pageMask) != 0)
            {
                return slot.Blame(new Status(StatusCode.PrpOffsetInvalid, doNotRetry: true), Prp2Byte);
            }

            // The last entry of a page points to the next list page where more than one data page is still to come.
            ulong endOfEntry = walk.ListAddress + ((ulong)(i + 1) * PrpEntry.SizeBytes);
            if ((endOfEntry & _pageMask) == 0 && walk.RemainingBytes > _pageBytes)
            {
                BeginPrpList(ref walk, entry);
                return Status.Success;
            }

            ulong lengthBytes = Math.Min(walk.RemainingBytes, _pageBytes);
            Status status = AddRange(ref slot, entry, lengthBytes);
            if (status.IsError)
            {
                return status;
            }

            walk.RemainingBytes -= lengthBytes;
        }

        NextChunk(ref walk);
        return Status.Success;
    }
}
