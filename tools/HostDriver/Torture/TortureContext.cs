using Nvmepf.HostDriver.Checks;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.HostDriver.VfioUser;
using Nvmepf.HostDriver.Workload;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Torture;

/// <summary>One check of the torture command.</summary>
/// <param name="Name">Group and subject: <c>sgl/self-loop</c>.</param>
/// <param name="Body">What it does; it reports through the context, and whatever it throws is a failure.</param>
/// <param name="Lethal">Whether a server without a guard against it dies, so that it runs only when asked for.</param>
public sealed record TortureCheck(string Name, Action<TortureContext> Body, bool Lethal = false);

/// <summary>
/// What a check works with: a connection of its own with the controller enabled and one I/O queue pair of 64 entries, data and list
/// memory, a scratch range on the namespace, and the report.
/// </summary>
public sealed class TortureContext : IDisposable
{
    /// <summary>Entries of the I/O queue pair.</summary>
    public const int QueueEntries = 64;

    /// <summary>Bytes of the scratch range at the end of the namespace, which checks overwrite.</summary>
    public const int ScratchLengthBytes = 8 << 20;

    private readonly string _directory;
    private readonly CheckReport _report;
    private readonly string _name;
    private uint _generation;

    /// <summary>Connects and sets up for a check.</summary>
    public TortureContext(string directory, NvmeHostOptions options, uint namespaceIdentifier, ulong seed, string name, CheckReport report)
    {
        _directory = directory;
        _report = report;
        _name = name;
        Seed = seed;
        Random = new Random((int)seed ^ name.Length);
        Options = options;
        NamespaceIdentifier = namespaceIdentifier;
        Host = NvmeHost.Connect(directory, options);
        try
        {
            SetUp();
        }
        catch
        {
            Host.Dispose();
            throw;
        }
    }

    /// <summary>The connection; a check may close it and call <see cref="Reconnect"/>.</summary>
    public NvmeHost Host { get; private set; }

    /// <summary>How the connection was made.</summary>
    public NvmeHostOptions Options { get; }

    /// <summary>Seed of the random parts.</summary>
    public ulong Seed { get; }

    /// <summary>Random numbers that follow from seed and name.</summary>
    public Random Random { get; }

    /// <summary>NSID under test.</summary>
    public uint NamespaceIdentifier { get; }

    /// <summary>The namespace over I/O queue 1.</summary>
    public HostNamespace Space { get; private set; } = null!;

    /// <summary>I/O submission queue 1.</summary>
    public HostSubmissionQueue Queue => Host.SubmissionQueues[1];

    /// <summary>Data memory, 3 MiB, page aligned.</summary>
    public HostBuffer Data { get; private set; }

    /// <summary>Memory for PRP lists and SGL segments, 64 KiB, page aligned.</summary>
    public HostBuffer Lists { get; private set; }

    /// <summary>First logical block of the scratch range.</summary>
    public ulong ScratchBlock => Space.BlockCount - (ulong)(ScratchLengthBytes / Space.BlockLengthBytes);

    /// <summary>The directory of the socket.</summary>
    public string Directory => _directory;

    /// <summary>Blocks of so many bytes.</summary>
    public int Blocks(int lengthBytes) => lengthBytes / Space.BlockLengthBytes;

    /// <summary>Enables the controller again from whatever state, with the queue pair and the namespace as at the start.</summary>
    public void SetUp()
    {
        Host.Enable();
        Host.CreateQueuePairs(1, QueueEntries);
        Space?.Dispose();
        Space = HostNamespace.Open(Host, Host.SubmissionQueues[1], NamespaceIdentifier);
        if (Space.BlockCount < (ulong)(2 * ScratchLengthBytes / Space.BlockLengthBytes))
        {
            throw new HostFailureException($"namespace {NamespaceIdentifier} is too small: {2 * ScratchLengthBytes} bytes are needed");
        }

        if (Data.LengthBytes == 0)
        {
            Data = Host.Arena.Allocate(3 << 20, 1 << 20);
            Lists = Host.Arena.Allocate(64 << 10, 64 << 10);
        }
    }

    /// <summary>Closes the connection without a word and makes a new one, set up like the first.</summary>
    public void Reconnect()
    {
        Host.Dispose();
        Host = NvmeHost.Connect(_directory, Options);
        Space = null!;
        Data = default;
        Lists = default;
        SetUp();
    }

    /// <summary>Reports a check compared as text.</summary>
    public bool Expect(string what, string expected, string got) => _report.Expect($"{_name}: {what}", expected, got);

    /// <summary>Reports a check that the caller has judged.</summary>
    public bool Expect(string what, string expected, string got, bool passed) => _report.Expect($"{_name}: {what}", expected, got, passed);

    /// <summary>Runs a command on the I/O queue, or another, and reports whether its status is as expected.</summary>
    public CompletionQueueEntry ExpectStatus(
        string what, StatusCode expected, SubmissionQueueEntry command, HostSubmissionQueue? queue = null)
    {
        CompletionQueueEntry entry = Host.Execute(queue ?? Queue, in command);
        _ = Expect(what, StatusText.Of(expected), StatusText.Of(entry.CompletionStatus.Status.Code));
        return entry;
    }

    /// <summary>The same on the admin queue.</summary>
    public CompletionQueueEntry ExpectAdminStatus(string what, StatusCode expected, SubmissionQueueEntry command) =>
        ExpectStatus(what, expected, command, Host.AdminQueue);

    /// <summary>Runs a command and reports whether its status is one of those that the standard leaves open.</summary>
    public CompletionQueueEntry ExpectOneOf(
        string what, SubmissionQueueEntry command, HostSubmissionQueue queue, params ReadOnlySpan<StatusCode> allowed)
    {
        CompletionQueueEntry entry = Host.Execute(queue, in command);
        StatusCode got = entry.CompletionStatus.Status.Code;
        _ = Expect(what, Names(allowed), StatusText.Of(got), IsOneOf(got, allowed));
        return entry;
    }

    /// <summary>Reports whether the admin queue and the I/O queue still answer.</summary>
    public void ExpectAlive(string after = "afterwards")
    {
        CompletionQueueEntry flush = Host.Execute(Queue, NvmeCommands.Flush(NamespaceIdentifier));
        _ = Host.Identify(0x01);
        _ = Expect($"controller answers {after}", "Success", $"{flush.CompletionStatus.Status.Code}");
    }

    /// <summary>Enables the controller afresh and reports whether data can be written and read back.</summary>
    public void ExpectRecovery(string after)
    {
        SetUp();
        HostBuffer buffer = Data.Slice(0, 65536);
        uint generation = Fill(ScratchBlock, buffer);
        _ = Space.Write(ScratchBlock, buffer);
        buffer.Bytes.Fill(0xA5);
        _ = Space.Read(ScratchBlock, buffer);
        _ = Expect($"controller recovers from {after}", "intact", Compare(ScratchBlock, buffer, generation));
    }

    /// <summary>A block command on the scratch range without a data pointer.</summary>
    public SubmissionQueueEntry BlockCommand(NvmOpcode opcode, int lengthBytes) =>
        NvmeCommands.BlockCommand(opcode, NamespaceIdentifier, ScratchBlock, Blocks(lengthBytes));

    /// <summary>A read or write of the scratch range by PRPs to or from the start of <see cref="Data"/>.</summary>
    public SubmissionQueueEntry GoodCommand(NvmOpcode opcode, int lengthBytes) => BlockCommand(opcode, lengthBytes)
        .WithPrp(PrpBuilder.Contiguous(Data.Address, lengthBytes, Host.PageLengthBytes, Lists));

    /// <summary>Fills a buffer with the pattern of blocks of a new generation, which is returned.</summary>
    public unsafe uint Fill(ulong block, HostBuffer buffer)
    {
        _generation++;
        for (int offset = 0; offset < buffer.LengthBytes; offset += Space.BlockLengthBytes, block++)
        {
            BlockPattern.Fill(buffer.Pointer + offset, Space.BlockLengthBytes, block, _generation, Seed);
        }

        return _generation;
    }

    /// <summary>Compares a buffer with the pattern; "intact", or words that say what is wrong.</summary>
    public unsafe string Compare(ulong block, HostBuffer buffer, uint generation)
    {
        for (int offset = 0; offset < buffer.LengthBytes; offset += Space.BlockLengthBytes, block++)
        {
            byte* here = buffer.Pointer + offset;
            int difference = BlockPattern.FirstDifference(here, Space.BlockLengthBytes, block, generation, Seed);
            if (difference >= 0)
            {
                return $"LBA {block} wrong from byte {difference} on, wanted generation {generation}, found {BlockPattern.Describe(here)}";
            }
        }

        return "intact";
    }

    /// <summary>Waits a moment with polling left alone, so that what should not happen has time to happen.</summary>
    public static void Linger(int milliseconds = 20) => Thread.Sleep(milliseconds);

    /// <inheritdoc/>
    public void Dispose() => Host.Dispose();

    private static bool IsOneOf(StatusCode code, ReadOnlySpan<StatusCode> allowed)
    {
        foreach (StatusCode each in allowed)
        {
            if (each == code)
            {
                return true;
            }
        }

        return false;
    }

    private static string Names(ReadOnlySpan<StatusCode> codes)
    {
        var names = new List<string>();
        foreach (StatusCode code in codes)
        {
            names.Add(StatusText.Of(code));
        }

        return string.Join(" or ", names);
    }
}
