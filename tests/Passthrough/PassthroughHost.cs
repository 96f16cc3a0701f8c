using Nvmepf.Firmware;
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Passthrough;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Passthrough;

/// <summary>
/// A passthrough controller with a host that has enabled it and made a pair of I/O queues. In the devices' place stand files: /dev/null takes
/// every command and says success without touching data, a memory file refuses every command, -1 is a target that is gone.
/// </summary>
internal sealed unsafe class PassthroughHost : IDisposable
{
    private readonly FakePlatform _platform = new();
    private readonly EventLog _log = new(Stream.Null);
    private readonly PassthroughTarget _target;
    private readonly List<TargetSnapshot> _snapshots = [];

    public PassthroughHost(TargetSnapshot first, bool isMemoryDirect = true, bool clearIdentifiers = false)
    {
        _snapshots.Add(first);
        ControllerSettings settings = new()
        {
            SubsystemNqn = "nqn.2014-08.org.nvmexpress:uuid:test",
            Serial = "1",
            MaximumTransferBytes = 64 * 1024,
            TransferBuffers = 8,
            CommandSlots = 128,
        };
        PassthroughSettings passthrough = new()
        {
            SubsystemNqn = settings.SubsystemNqn,
            DevicePath = "/dev/nvme0",
            ClearIdentifiers = clearIdentifiers,
        };
        Link = new TargetLink(first);
        _target = new PassthroughTarget(passthrough, Link, 32 * 1024, settings.CommandSlots);
        Controller = new NvmeController(settings, _platform, new NamespaceTable([]), _log, passthrough: _target);
        Reactor = new Reactor(_platform, Controller, _log, new ReactorOptions(PollMode.Busy, RingEntries: 256));
        Reactor.Start();
        Host = new TestHost(
            _platform,
            () => Reactor.Turn(_platform.NowNanoseconds),
            new TestHostOptions { IsMemoryDirect = isMemoryDirect, TurnsMax = 2_000_000 });
        _platform.QueueLinkUp();
        Assert.True(Host.Enable(), "the controller is enabled");
        Host.CreateIoQueues(1, 64);
        Data = Host.Allocate(1 << 20);
    }

    public TargetLink Link { get; }

    public NvmeController Controller { get; }

    public Reactor Reactor { get; }

    public TestHost Host { get; }

    public ulong Data { get; }

    /// <summary>A snapshot whose namespaces stand on files opened by path; an empty path is a target that is gone.</summary>
    public static TargetSnapshot Snapshot(string path, params uint[] identifiers)
    {
        TargetNamespace[] namespaces = Array.ConvertAll(identifiers, id => new TargetNamespace(id, Open(path), 9, 0));
        TargetSnapshot snapshot = new(Open(path), namespaces);
        snapshot.Controller->NumberOfNamespaces = 64;
        foreach (ref readonly TargetNamespace target in snapshot.Namespaces)
        {
            snapshot.Identify(in target)->NamespaceSizeLogicalBlocks = 1000 + target.NamespaceId;
            snapshot.Descriptors(in target)[0] = (byte)target.NamespaceId;
        }

        return snapshot;
    }

    public Status Io(NvmOpcode opcode, int blocks = 1, uint namespaceIdentifier = 1, int dataOffset = 0)
    {
        SubmissionQueueEntry entry = TestHost.Blocks(opcode, 0, blocks, namespaceIdentifier);
        ulong mark = Host.Allocate(8, 8);
        if (opcode is NvmOpcode.Read or NvmOpcode.Write or NvmOpcode.Compare)
        {
            Host.SetPrps(ref entry, Data + (ulong)dataOffset, blocks * 512);
        }

        Status status = Host.Execute(Host.Submission(1), in entry).CompletionStatus.Status;
        Assert.Null(Host.ProtocolError);
        Host.FreeFrom(mark);
        return status;
    }

    public CompletionQueueEntry Admin(AdminOpcode opcode, uint namespaceIdentifier = 0, uint cdw10 = 0, uint cdw11 = 0)
    {
        SubmissionQueueEntry entry = TestHost.Admin(opcode, namespaceIdentifier);
        entry.Cdw10 = cdw10;
        entry.Cdw11 = cdw11;
        entry.Prp1 = Data;
        return Host.Execute(Host.AdminQueue, in entry);
    }

    /// <summary>Lets model time pass, and the reactor turn; completions stay where they are.</summary>
    public void Pass(long nanoseconds)
    {
        for (long end = _platform.NowNanoseconds + nanoseconds; _platform.NowNanoseconds < end;)
        {
            _platform.NowNanoseconds += nanoseconds / 10;
            _ = Reactor.Turn(_platform.NowNanoseconds);
        }
    }

    public Span<byte> Bytes(int length) => Host.Memory.Bytes(Data, length);

    /// <summary>Gives the reactor a newer snapshot and lets it be taken.</summary>
    public void Publish(TargetSnapshot next)
    {
        _snapshots.Add(next);
        Link.Latest = next;
        for (int i = 0; i < 3; i++)
        {
            _ = Reactor.Turn(_platform.NowNanoseconds);
        }

        Assert.Same(next, Link.Adopted);
    }

    public void Dispose()
    {
        Reactor.Dispose();
        _target.Dispose();
        Controller.Dispose();
        _platform.Dispose();
        _log.Dispose();
        Link.Dispose();
        _snapshots.ForEach(snapshot => snapshot.Dispose());
    }

    private static int Open(string path) => path.Length == 0 ? -1
        : path == "memory" ? MemoryMappings.CreateMemoryFile("refuses", MemoryFileFlags.None)
        : Files.Open(path, OpenFlags.ReadWrite);
}
