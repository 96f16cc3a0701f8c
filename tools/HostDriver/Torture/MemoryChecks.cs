using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>DMA regions that come and go under the controller, as virtual machines do at boot and with memory hot-plug.</summary>
internal static class MemoryChecks
{
    internal static IReadOnlyList<TortureCheck> All { get; } =
    [
        new("memory/remap-idle", RemapIdle),
        new("memory/remap-under-io", RemapUnderIo),
        new("memory/unmapped-queues-then-back", QueuesGone),
        new("memory/map-refusals", MapRefusals),
        new("memory/unmap-anything", UnmapAnything),
        new("memory/many-regions", ManyRegions),
        new("memory/region-without-file", WithoutFile),
        new("memory/read-only-region", ReadOnly),
        new("memory/truncated-file", TruncatedFile, Lethal: true),
    ];

    private static void RemapIdle(TortureContext context)
    {
        for (int i = 0; i < 50; i++)
        {
            context.Host.Arena.UnmapFrom(context.Host.Client);
            context.Host.Arena.MapInto(context.Host.Client);
        }

        context.ExpectAlive("after all memory went and came 50 times while the controller was enabled");
    }

    private static void RemapUnderIo(TortureContext context)
    {
        NvmeHost host = context.Host;
        string late = "nothing comes";
        for (int turn = 0; turn < 20; turn++)
        {
            int length = Math.Min(1 << context.Random.Next(12, 20), context.Space.TransferLengthMaxBytes);
            for (int i = 0; i < 40; i++)
            {
                _ = host.Push(context.Queue, context.GoodCommand(NvmOpcode.Read, length));
            }

            context.Queue.RingTail();
            host.Arena.UnmapFrom(host.Client);
            context.Data.Slice(0, length).Bytes.Fill(0x5A);
            TortureContext.Linger(2);
            late = context.Data.Slice(0, length).Bytes.ContainsAnyExcept((byte)0x5A) ? "data comes" : late;
            host.Arena.MapInto(host.Client);
            context.SetUp();
        }

        _ = context.Expect("memory after its unmap was answered with I/O under way", "nothing comes", late);
        context.ExpectRecovery("memory that went under I/O");
    }

    private static void QueuesGone(TortureContext context)
    {
        NvmeHost host = context.Host;
        host.Arena.UnmapFrom(host.Client);
        ushort identifier = host.Push(context.Queue, NvmeCommands.Flush(context.NamespaceIdentifier));
        context.Queue.RingTail();
        TortureContext.Linger(50);
        bool fatal = host.ReadStatus().ControllerFatalStatus;
        host.Arena.MapInto(host.Client);
        if (!fatal)
        {
            // A controller that waits for the memory to come back runs the command now.
            CompletionQueueEntry entry = host.Wait(context.Queue, identifier);
            _ = context.Expect(
                "command rung while the queue's memory was away", "Success once it is back, or CFS",
                $"{entry.CompletionStatus.Status.Code}",
                entry.CompletionStatus.Status.IsSuccess);
        }

        context.ExpectRecovery("queues whose memory was away");
    }

    private static void Refuse(TortureContext context, string what, Action action)
    {
        string got = "taken";
        try
        {
            action();
        }
        catch (VfioUserException exception) when (exception.ErrorNumber != 0)
        {
            got = "refused";
        }

        _ = context.Expect(what, "refused", got);
    }

    private static void MapRefusals(TortureContext context)
    {
        VfioUserClient client = context.Host.Client;
        DmaArena arena = context.Host.Arena;
        ulong free = arena.UnmappedAddress;
        int fd = MemoryFile(1 << 20);
        Refuse(context, "map of no length", () => client.MapDma(free, 0, fd, 0));
        Refuse(context, "map that passes 2^64", () => client.MapDma(0xFFFFFFFFFFFFF000, 0x2000, fd, 0));
        Refuse(context, "map over a region", () => client.MapDma(arena.Address + 4096, 4096, fd, 0));
        Refuse(context, "map across the start of a region", () => client.MapDma(arena.Address - 4096, 8192, fd, 0));
        Refuse(context, "map of a file that is too short", () => client.MapDma(free, 2 << 20, fd, 0));
        Refuse(context, "map past the end of the file", () => client.MapDma(free, 4096, fd, 1 << 20));
        Refuse(context, "map with a file offset that wraps", () => client.MapDma(free, 0x2000, fd, 0xFFFFFFFFFFFFF000));
        int eventFd = Events.Create(0, EventFlags.NonBlocking);
        Refuse(context, "map of something that is no memory file", () => client.MapDma(free, 4096, eventFd, 0));
        _ = Files.Close(eventFd);
        _ = Files.Close(fd);
        context.ExpectAlive();
    }

    private static void UnmapAnything(TortureContext context)
    {
        VfioUserClient client = context.Host.Client;
        client.UnmapDma(context.Host.Arena.UnmappedAddress, 4096);
        client.UnmapDma(0xFEF00000, 0xFFFFFFFF01100000);
        context.Host.Arena.UnmapFrom(client);
        context.Host.Arena.MapInto(client);
        client.UnmapDma(0, 1UL << 63);
        client.UnmapDma(1UL << 63, 1UL << 63);
        context.Host.Arena.MapInto(client);
        context.ExpectRecovery("unmaps of the whole address space in slabs");
    }

    private static void ManyRegions(TortureContext context)
    {
        const int Count = 2000;
        VfioUserClient client = context.Host.Client;
        int fd = MemoryFile(Count * 4096);
        ulong start = context.Host.Arena.UnmappedAddress;
        int mapped = 0;
        for (int i = 0; i < Count; i++)
        {
            client.MapDma(start + ((ulong)i * 4096), 4096, fd, (ulong)((Count - 1 - i) * 4096L));
            mapped++;
        }

        _ = context.Expect("pages mapped one by one", $"{Count}", $"{mapped}");
        SubmissionQueueEntry read = context.BlockCommand(NvmOpcode.Read, 65536)
            .WithPrp(PrpBuilder.Contiguous(start + 4096, 65536, 4096, context.Lists));
        context.ExpectStatus("read to 16 of them", StatusCode.Success, read);
        client.UnmapDma(start, Count * 4096);
        context.ExpectStatus("the same after one unmap of all", StatusCode.DataTransferError, read);
        _ = Files.Close(fd);
        context.ExpectAlive();
    }

    private static void WithoutFile(TortureContext context)
    {
        VfioUserClient client = context.Host.Client;
        ulong address = context.Host.Arena.UnmappedAddress;
        client.MapDma(address, 1 << 20, -1, 0);
        context.ExpectStatus(
            "read to a region without a file", StatusCode.DataTransferError,
            context.BlockCommand(NvmOpcode.Read, 4096).WithPrp(new(address, 0)));
        client.UnmapDma(address, 1 << 20);
        context.ExpectAlive();
    }

    private static void ReadOnly(TortureContext context)
    {
        VfioUserClient client = context.Host.Client;
        int fd = MemoryFile(1 << 20);
        ulong address = context.Host.Arena.UnmappedAddress;
        client.MapDma(address, 1 << 20, fd, 0, flags: 1);
        context.ExpectStatus(
            "read to a read-only region", StatusCode.DataTransferError,
            context.BlockCommand(NvmOpcode.Read, 4096).WithPrp(new(address, 0)));
        context.ExpectStatus(
            "write from a read-only region", StatusCode.Success, context.BlockCommand(NvmOpcode.Write, 4096).WithPrp(new(address, 0)));
        client.UnmapDma(address, 1 << 20);
        _ = Files.Close(fd);
        context.ExpectAlive();
    }

    private static void TruncatedFile(TortureContext context)
    {
        VfioUserClient client = context.Host.Client;
        int fd = MemoryFile(1 << 20);
        ulong address = context.Host.Arena.UnmappedAddress;
        try
        {
            client.MapDma(address, 1 << 20, fd, 0);
        }
        catch (VfioUserException exception) when (exception.ErrorNumber != 0)
        {
            _ = context.Expect("a file that is not sealed against shrinking", "refused or survived", "refused", passed: true);
            _ = Files.Close(fd);
            return;
        }

        _ = Files.Truncate(fd, 0);
        CompletionQueueEntry entry =
            context.Host.Execute(context.Queue, context.BlockCommand(NvmOpcode.Read, 4096).WithPrp(new(address, 0)));
        _ = context.Expect(
            "read to memory whose file was truncated", "an error status", StatusText.Of(entry), entry.CompletionStatus.Status.IsError);
        client.UnmapDma(address, 1 << 20);
        _ = Files.Close(fd);
        context.ExpectAlive();
    }

    private static int MemoryFile(long lengthBytes)
    {
        int fd = VfioUserSocket.Checked(MemoryMappings.CreateMemoryFile("torture", MemoryFileFlags.AllowSealing), "memfd_create");
        _ = VfioUserSocket.Checked(Files.Truncate(fd, lengthBytes), "ftruncate");
        return fd;
    }
}
