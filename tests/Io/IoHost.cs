using Nvmepf.Firmware;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Io;

/// <summary>A controller over given backends with a host that has enabled it and made one pair of I/O queues.</summary>
internal sealed class IoHost : IDisposable
{
    public const int MaximumTransferBytes = 64 * 1024;
    private readonly FakePlatform _platform = new();
    private readonly EventLog _log = new(Stream.Null);
    private readonly NamespaceBackend[] _backends;

    public IoHost(NamespaceBackend[] backends, bool isMemoryDirect = true, uint blockBytes = 512, int buffers = 8, bool registersMemory = false)
    {
        _backends = backends;
        NvmeNamespace[] namespaces = new NvmeNamespace[backends.Length];
        for (int i = 0; i < backends.Length; i++)
        {
            backends[i].Open();
            namespaces[i] = new NvmeNamespace((uint)i + 1, backends[i], blockBytes, Guid.NewGuid(), new byte[16]);
        }

        Namespaces = namespaces;
        ControllerSettings settings = new()
        {
            SubsystemNqn = "nqn.2014-08.org.nvmexpress:uuid:test",
            Serial = "1",
            MaximumTransferBytes = MaximumTransferBytes,
            TransferBuffers = buffers,
            CommandSlots = 128,
        };
        Controller = new NvmeController(settings, _platform, new NamespaceTable(namespaces), _log);
        Reactor = new Reactor(_platform, Controller, _log, new ReactorOptions(PollMode.Busy, RingEntries: 256) { RegistersMemory = registersMemory });
        Reactor.Start();
        Host = new TestHost(
            _platform,
            () => Reactor.Turn(_platform.NowNanoseconds),
            new TestHostOptions { IsMemoryDirect = isMemoryDirect, TurnsMax = 2_000_000 });
        _platform.QueueLinkUp();
        Assert.True(Host.Enable(), "the controller is enabled");
        Host.CreateIoQueues(1, 128);
        Data = Host.Allocate(1 << 20);
    }

    public FakePlatform Platform => _platform;

    public NvmeNamespace[] Namespaces { get; }

    public NvmeController Controller { get; }

    public Reactor Reactor { get; }

    public TestHost Host { get; }

    public TestSubmissionQueue Queue => Host.Submission(1);

    /// <summary>A MiB of host memory.</summary>
    public ulong Data { get; }

    public Span<byte> Bytes(int offset, int length) => Host.Memory.Bytes(Data + (ulong)offset, length);

    /// <summary>A command on logical blocks with its data at an offset of <see cref="Data"/>.</summary>
    public SubmissionQueueEntry Make(NvmOpcode opcode, ulong startingLba, int blocks, int dataOffset = 0, uint namespaceIdentifier = 1)
    {
        SubmissionQueueEntry entry = TestHost.Blocks(opcode, startingLba, blocks, namespaceIdentifier);
        if (opcode is NvmOpcode.Read or NvmOpcode.Write or NvmOpcode.Compare)
        {
            int blockBytes = (int)Namespaces[namespaceIdentifier - 1].BlockBytes;
            Host.SetPrps(ref entry, Data + (ulong)dataOffset, blocks * blockBytes);
        }

        return entry;
    }

    public Status Execute(in SubmissionQueueEntry entry)
    {
        Status status = Host.Execute(Queue, in entry).CompletionStatus.Status;
        Assert.Null(Host.ProtocolError);
        return status;
    }

    public Status Execute(NvmOpcode opcode, ulong startingLba, int blocks, int dataOffset = 0)
    {
        ulong mark = Host.Allocate(8, 8);
        Status status = Execute(Make(opcode, startingLba, blocks, dataOffset));
        Host.FreeFrom(mark);
        return status;
    }

    public byte[] Read(ulong startingLba, int blocks, int dataOffset = 0)
    {
        int length = blocks * (int)Namespaces[0].BlockBytes;
        Bytes(dataOffset, length).Fill(0xA5);
        Assert.Equal(StatusCode.Success, Execute(NvmOpcode.Read, startingLba, blocks, dataOffset).Code);
        return Bytes(dataOffset, length).ToArray();
    }

    public void Write(ulong startingLba, ReadOnlySpan<byte> data, int dataOffset = 0)
    {
        data.CopyTo(Bytes(dataOffset, data.Length));
        int blocks = data.Length / (int)Namespaces[0].BlockBytes;
        Assert.Equal(StatusCode.Success, Execute(NvmOpcode.Write, startingLba, blocks, dataOffset).Code);
    }

    /// <summary>Executes a Dataset Management command with Deallocate over ranges.</summary>
    public Status Deallocate(params (ulong StartingLba, uint Blocks)[] ranges)
    {
        for (int i = 0; i < ranges.Length; i++)
        {
            Host.Memory.At<DatasetManagementRange>(Data + (ulong)(i * DatasetManagementRange.SizeBytes)) =
                new DatasetManagementRange { StartingLba = ranges[i].StartingLba, LengthLogicalBlocks = ranges[i].Blocks };
        }

        SubmissionQueueEntry entry = TestHost.Io(NvmOpcode.DatasetManagement);
        entry.Cdw10 = (uint)(ranges.Length - 1);
        entry.Cdw11 = new DatasetManagementDword11 { Deallocate = true }.Raw;
        Host.SetPrps(ref entry, Data, ranges.Length * DatasetManagementRange.SizeBytes);
        return Execute(in entry);
    }

    /// <summary>Aborts a command of the I/O queue and returns its status; the Abort itself must complete too.</summary>
    public Status Abort(ushort commandIdentifier)
    {
        SubmissionQueueEntry abort = TestHost.Admin(AdminOpcode.Abort);
        abort.Cdw10 = Queue.Identifier | ((uint)commandIdentifier << 16);
        ushort abortIdentifier = Host.AdminQueue.Submit(in abort);
        Status status = Host.WaitFor(Queue, commandIdentifier).CompletionStatus.Status;
        Assert.True(Host.WaitFor(Host.AdminQueue, abortIdentifier).CompletionStatus.Status.IsSuccess);
        return status;
    }

    public void Dispose()
    {
        Reactor.Dispose();
        Controller.Dispose();
        foreach (NamespaceBackend backend in _backends)
        {
            backend.Dispose();
        }

        _log.Dispose();
        _platform.Dispose();
    }
}
