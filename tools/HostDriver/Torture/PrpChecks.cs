using System.Buffers.Binary;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>PRPs (NVMe Base 2.1 section 4.3.1): every place a list can start, and every rule broken once.</summary>
internal static class PrpChecks
{
    private const int Page = 4096;

    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("prp/list-places", ListPlaces),
        new("prp/scattered", Scattered),
        new("prp/seam", Seam),
        new("prp/first-offset-unaligned", FirstOffset),
        new("prp/second-with-offset", SecondWithOffset),
        new("prp/list-unaligned", ListUnaligned),
        new("prp/list-entry-with-offset", ListEntryWithOffset),
        new("prp/chain-with-offset", ChainWithOffset),
        new("prp/unmapped", Unmapped),
        new("prp/null", Null),
        new("prp/chain-to-itself", ChainToItself),
        new("prp/transfer-limit", TransferLimit),
        new("prp/admin-buffer", AdminBuffer),
        new("prp/refused-write-changes-nothing", RefusedWrite),
    ];

    private static void ListPlaces(TortureContext context)
    {
        int length = Math.Min(context.Space.TransferLengthMaxBytes, 1 << 20);
        string first = "intact";
        int checkedPlaces = 0;
        foreach (int place in new[] { 0, 8, 16, 256, 2048, 3072, 4072, 4080, 4088 })
        {
            foreach (int offset in new[] { 0, 4, 512, 2052, 4092 })
            {
                HostBuffer data = context.Data.Slice(offset, length);
                uint generation = context.Fill(context.ScratchBlock, data);
                PrpPair prp = PrpBuilder.Contiguous(data.Address, length, Page, context.Lists, place);
                RunWriteAndRead(context, data, prp);
                string got = context.Compare(context.ScratchBlock, data, generation);
                checkedPlaces++;
                first = first == "intact" && got != "intact" ? $"list at {place}, data at offset {offset}: {got}" : first;
            }
        }

        _ = context.Expect($"{length} bytes with lists and data at {checkedPlaces} places in their pages", "intact", first);
    }

    private static void RunWriteAndRead(TortureContext context, HostBuffer data, PrpPair prp)
    {
        NvmeHost.ThrowIfError(
            context.Host.Execute(context.Queue, context.BlockCommand(NvmOpcode.Write, data.LengthBytes).WithPrp(prp)), "Write");
        data.Bytes.Fill(0xA5);
        NvmeHost.ThrowIfError(
            context.Host.Execute(context.Queue, context.BlockCommand(NvmOpcode.Read, data.LengthBytes).WithPrp(prp)), "Read");
    }

    private static void Scattered(TortureContext context)
    {
        int pageCount = Math.Min(context.Space.TransferLengthMaxBytes, 1 << 20) / Page;
        ulong[] pages = new ulong[pageCount];
        for (int i = 0; i < pageCount; i++)
        {
            pages[i] = context.Data.Address + ((ulong)i * Page);
        }

        context.Random.Shuffle(pages);
        HostBuffer source = context.Data.Slice(0, pageCount * Page);
        uint generation = context.Fill(context.ScratchBlock, source);
        NvmeHost.ThrowIfError(context.Host.Execute(context.Queue, context.GoodCommand(NvmOpcode.Write, source.LengthBytes)), "Write");
        source.Bytes.Fill(0xA5);
        PrpPair prp = PrpBuilder.Scattered(pages, 0, Page, context.Lists, 4088);
        NvmeHost.ThrowIfError(
            context.Host.Execute(context.Queue, context.BlockCommand(NvmOpcode.Read, source.LengthBytes).WithPrp(prp)), "Read");
        string got = "intact";
        for (int i = 0; i < pageCount && got == "intact"; i++)
        {
            HostBuffer page = context.Data.Slice((int)(pages[i] - context.Data.Address), Page);
            got = context.Compare(context.ScratchBlock + (ulong)(i * context.Blocks(Page)), page, generation);
        }

        _ = context.Expect($"read to {pageCount} pages in random order", "intact", got);
    }

    private static void Seam(TortureContext context)
    {
        HostBuffer data = context.Host.Arena.AllocateAcrossSeam(64 << 10).Slice(0, 64 << 10);
        uint generation = context.Fill(context.ScratchBlock, data);
        RunWriteAndRead(context, data, PrpBuilder.Contiguous(data.Address, data.LengthBytes, Page, context.Lists));
        _ = context.Expect("data across two DMA regions", "intact", context.Compare(context.ScratchBlock, data, generation));
    }

    private static void FirstOffset(TortureContext context)
    {
        foreach (uint offset in new[] { 1u, 2u, 3u, 4095u })
        {
            context.ExpectStatus($"PRP1 offset {offset}", StatusCode.PrpOffsetInvalid,
                context.BlockCommand(NvmOpcode.Read, 4096).WithPrp(new(context.Data.Address + offset, context.Data.Address + Page)));
        }

        context.ExpectStatus("PRP1 offset 4092 is good", StatusCode.Success,
            context.BlockCommand(NvmOpcode.Read, 4096).WithPrp(new(context.Data.Address + 4092, context.Data.Address + Page)));
    }

    private static void SecondWithOffset(TortureContext context)
    {
        foreach (uint offset in new[] { 1u, 4u, 512u, 4088u })
        {
            context.ExpectStatus($"PRP2 is a page with offset {offset}", StatusCode.PrpOffsetInvalid,
                context.BlockCommand(NvmOpcode.Read, 8192).WithPrp(new(context.Data.Address, context.Data.Address + Page + offset)));
        }

        context.ExpectStatus("PRP2 is not looked at for one page", StatusCode.Success,
            context.BlockCommand(NvmOpcode.Read, 4096).WithPrp(new(context.Data.Address, 0xFFFFFFFFFFFFFFFF)));
    }

    private static void ListUnaligned(TortureContext context)
    {
        PrpPair good = PrpBuilder.Contiguous(context.Data.Address, 65536, Page, context.Lists);
        foreach (uint offset in new[] { 1u, 2u, 4u, 7u })
        {
            context.ExpectStatus($"list pointer with offset {offset}", StatusCode.PrpOffsetInvalid,
                context.BlockCommand(NvmOpcode.Read, 65536).WithPrp(good with { Prp2 = good.Prp2 + offset }));
        }
    }

    private static void ListEntryWithOffset(TortureContext context)
    {
        foreach (int index in new[] { 0, 7, 14 })
        {
            PrpPair prp = PrpBuilder.Contiguous(context.Data.Address, 65536, Page, context.Lists);
            WriteEntry(context, index, context.Data.Address + (ulong)((index + 1) * Page) + 512);
            context.ExpectStatus(
                $"list entry {index} with offset 512", StatusCode.PrpOffsetInvalid,
                context.BlockCommand(NvmOpcode.Read, 65536).WithPrp(prp));
        }
    }

    private static void ChainWithOffset(TortureContext context)
    {
        PrpPair prp = PrpBuilder.Contiguous(context.Data.Address, 65536, Page, context.Lists, 4080);
        WriteEntry(context, 511, context.Lists.Address + Page + 16);
        context.ExpectStatus(
            "chain pointer with offset 16", StatusCode.PrpOffsetInvalid, context.BlockCommand(NvmOpcode.Read, 65536).WithPrp(prp));
    }

    private static void Unmapped(TortureContext context)
    {
        ulong unmapped = context.Host.Arena.UnmappedAddress;
        ulong data = context.Data.Address;
        void Fail(string what, SubmissionQueueEntry command) => context.ExpectStatus(what, StatusCode.DataTransferError, command);

        Fail("PRP1 not mapped, read", context.BlockCommand(NvmOpcode.Read, 4096).WithPrp(new(unmapped, 0)));
        Fail("PRP1 not mapped, write", context.BlockCommand(NvmOpcode.Write, 4096).WithPrp(new(unmapped, 0)));
        Fail("PRP1 at the top of the address space", context.BlockCommand(NvmOpcode.Read, 4096).WithPrp(new(0xFFFFFFFFFFFFF000, 0)));
        Fail("PRP2 not mapped", context.BlockCommand(NvmOpcode.Read, 8192).WithPrp(new(data, unmapped)));
        Fail("list not mapped", context.BlockCommand(NvmOpcode.Read, 65536).WithPrp(new(data, unmapped)));
        PrpPair prp = PrpBuilder.Contiguous(data, 65536, Page, context.Lists);
        WriteEntry(context, 9, unmapped);
        Fail("one list entry not mapped", context.BlockCommand(NvmOpcode.Read, 65536).WithPrp(prp));
        Fail("one list entry not mapped, write", context.BlockCommand(NvmOpcode.Write, 65536).WithPrp(prp));
        prp = PrpBuilder.Contiguous(data, 65536, Page, context.Lists, 4080);
        WriteEntry(context, 511, unmapped);
        Fail("chained list not mapped", context.BlockCommand(NvmOpcode.Read, 65536).WithPrp(prp));
        ulong lastPage = context.Host.Arena.Address + (ulong)context.Host.Arena.LengthBytes - Page;
        Fail("data that runs off the end of a DMA region",
            context.BlockCommand(NvmOpcode.Read, 8192).WithPrp(new(lastPage, lastPage + Page)));
        context.ExpectStatus("good data right after", StatusCode.Success, context.GoodCommand(NvmOpcode.Read, 65536));
        context.ExpectAlive();
    }

    private static void Null(TortureContext context)
    {
        context.ExpectOneOf(
            "PRP1 and PRP2 zero", context.BlockCommand(NvmOpcode.Read, 4096), context.Queue, StatusCode.DataTransferError,
            StatusCode.InvalidField);
        context.ExpectOneOf(
            "PRP2 zero where a second page is due", context.BlockCommand(NvmOpcode.Read, 8192).WithPrp(new(context.Data.Address, 0)),
            context.Queue, StatusCode.DataTransferError, StatusCode.InvalidField);
        context.ExpectOneOf(
            "PRP2 zero where a list is due", context.BlockCommand(NvmOpcode.Read, 65536).WithPrp(new(context.Data.Address, 0)),
            context.Queue, StatusCode.DataTransferError, StatusCode.InvalidField);
    }

    private static void ChainToItself(TortureContext context)
    {
        // A list that holds nothing but pointers to itself: entry 511 leads back to the page, whose entries are data pages. The amount of
        // data bounds the walk, so that this is odd and legal where the transfer is long enough to come to entry 511 at all.
        int length = Math.Min(context.Space.TransferLengthMaxBytes, 512 << 10);
        PrpPair prp = PrpBuilder.Contiguous(context.Data.Address, length, Page, context.Lists, 4088);
        WriteEntry(context, 511, context.Lists.Address);
        for (int i = 0; i < 511; i++)
        {
            WriteEntry(context, i, context.Data.Address + ((ulong)(i % 64) * Page));
        }

        context.ExpectStatus(
            "chain pointer that leads to its own page", StatusCode.Success, context.BlockCommand(NvmOpcode.Read, length).WithPrp(prp));
        context.ExpectAlive();
    }

    private static void TransferLimit(TortureContext context)
    {
        int limit = context.Space.TransferLengthMaxBytes;
        if (limit + Page > context.Data.LengthBytes || context.Space.Controller.MaximumDataTransferSize == 0)
        {
            return;
        }

        foreach (NvmOpcode opcode in new[] { NvmOpcode.Read, NvmOpcode.Write, NvmOpcode.Compare })
        {
            SubmissionQueueEntry larger = context.GoodCommand(opcode, limit + context.Space.BlockLengthBytes);
            context.ExpectStatus($"{opcode} of one block more than MDTS", StatusCode.InvalidField, larger);
        }

        context.ExpectStatus("read of exactly MDTS", StatusCode.Success, context.GoodCommand(NvmOpcode.Read, limit));
        SubmissionQueueEntry largest = context.GoodCommand(NvmOpcode.Read, limit);
        largest.Cdw12 = 0xFFFF;
        context.ExpectStatus("read of 65536 blocks", StatusCode.InvalidField, largest);
    }

    private static void AdminBuffer(TortureContext context)
    {
        NvmeHost host = context.Host;
        byte[] whole = host.Identify(0x01);
        foreach (int offset in new[] { 4, 512, 2048, 4092 })
        {
            HostBuffer data = context.Data.Slice(offset, 4096);
            data.Bytes.Clear();
            SubmissionQueueEntry command = NvmeCommands.Identify(0x01).WithPrp(new(data.Address, context.Data.Address + Page));
            NvmeHost.ThrowIfError(host.Admin(command), "Identify");
            _ = context.Expect(
                $"Identify to a buffer at offset {offset} in its page", "same bytes", data.Bytes.SequenceEqual(whole) ? "same bytes"
                    : "other bytes");
        }

        context.ExpectAdminStatus("Identify to PRP1 with offset 2", StatusCode.PrpOffsetInvalid,
            NvmeCommands.Identify(0x01).WithPrp(new(context.Data.Address + 2, context.Data.Address + Page)));
        context.ExpectAdminStatus(
            "Identify to memory that is not mapped", StatusCode.DataTransferError,
            NvmeCommands.Identify(0x01).WithPrp(new(host.Arena.UnmappedAddress, 0)));
    }

    private static void RefusedWrite(TortureContext context)
    {
        HostBuffer data = context.Data.Slice(0, 65536);
        uint generation = context.Fill(context.ScratchBlock, data);
        NvmeHost.ThrowIfError(context.Host.Execute(context.Queue, context.GoodCommand(NvmOpcode.Write, 65536)), "Write");
        _ = context.Fill(context.ScratchBlock, data);
        PrpPair prp = PrpBuilder.Contiguous(data.Address, 65536, Page, context.Lists);
        WriteEntry(context, 14, data.Address + 8);
        context.ExpectStatus(
            "write with a bad last list entry", StatusCode.PrpOffsetInvalid, context.BlockCommand(NvmOpcode.Write, 65536).WithPrp(prp));
        NvmeHost.ThrowIfError(context.Host.Execute(context.Queue, context.GoodCommand(NvmOpcode.Read, 65536)), "Read");
        _ = context.Expect("blocks after the refused write", "intact", context.Compare(context.ScratchBlock, data, generation));
    }

    private static void WriteEntry(TortureContext context, int index, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(context.Lists.Bytes.Slice(8 * index, 8), value);
}
