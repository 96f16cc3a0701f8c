// The host of the data path tests: keeps many commands under way, each with a data buffer of its own and blocks of its own, and knows
// what every block of the media holds. Ordering between commands on the same blocks is nobody's promise, so it never makes any overlap.
using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Transfer;

internal sealed class DataPathSimulation : IDisposable
{
    /// <summary>Where the data of commands and their lists are; queues are below.</summary>
    public const ulong DataMemory = 0x2_0000_0000;

    private const int BlockBytes = 512;
    private const int BlocksMax = 128;
    private const int Blocks = 2048;
    private const int JobsMax = 24;
    private const int Queues = 3;
    private const int QueueEntries = 8;
    private const ulong QueueMemory = 0x1_0000_0000;
    private const ulong QueueMemoryBytes = 0x20_0000;
    private const int JobBytes = 0x4_0000; // a job's data, scattered, and its lists at the end
    private const int ListOffset = 0x3_0000;
    private const byte Untouched = 0x5A;

    private readonly EventLog _log = new(Stream.Null);
    private readonly NvmeController _controller;
    private readonly TestHost _host;
    private readonly Random _random;
    private readonly byte[] _shadow = new byte[Blocks * BlockBytes];
    private readonly bool[] _isUnknown = new bool[Blocks];
    private readonly bool[] _isBusy = new bool[Blocks];
    private readonly Job[] _jobs = new Job[JobsMax];
    private readonly bool[] _isTakenAway = new bool[JobsMax];
    private int _generation;

    public DataPathSimulation(int seed)
    {
        _random = new Random(seed);
        Platform = new FakePlatform(new FakePlatformOptions
        {
            Seed = seed,
            TrapsRegisterWrites = seed % 4 < 2,
            HasWindows = seed % 5 == 0,
            CompletionQueueLimit = seed % 5 == 0 ? Queues + 1 : int.MaxValue,
            DmaRequestsMax = 6,
            DmaSegmentsMax = 128,
            HostMemoryRegionsMax = 2048,
        });
        Backend = new TestBackend(Blocks * BlockBytes, seed) { Alignment = seed % 2 == 0 ? 512u : 1u };
        ControllerSettings settings = new()
        {
            SubsystemNqn = "nqn.2014-08.org.nvmexpress:simulation",
            Serial = "SIMULATION",
            MaximumTransferBytes = BlocksMax * BlockBytes,
            CommandSlots = 64,
            TransferBuffers = 3,
        };
        _controller = new NvmeController(settings, Platform, new NamespaceTable([new NvmeNamespace(1, Backend, BlockBytes, Guid.NewGuid(), new byte[16])]), _log);
        Platform.Start(_controller);
        _host = new TestHost(Platform, Turn, new TestHostOptions { MemoryAddress = QueueMemory, MemoryLengthBytes = QueueMemoryBytes, IsMemoryDirect = seed % 3 != 0 });
        Platform.Memory.Install(DataMemory, JobsMax * JobBytes);
        for (int i = 0; i < JobsMax; i++)
        {
            _jobs[i] = new Job { Index = i, Base = DataMemory + (ulong)(i * JobBytes) };
            MapJob(i, isQueued: false);
        }

        Platform.QueueLinkUp();
        Begin();
    }

    public FakePlatform Platform { get; }

    public TestBackend Backend { get; }

    public int Errors { get; private set; }

    public int ReadsCompared { get; private set; }

    /// <summary>Runs until this many more commands have completed.</summary>
    public void Run(int commands)
    {
        int completed = 0;
        for (int turn = 0; completed < commands; turn++)
        {
            Assert.True(turn < 200_000, $"stuck: {completed} of {commands} commands; {_host.ProtocolError}");
            if (_random.Next(3) != 0)
            {
                TryBegin(_jobs[_random.Next(JobsMax)]);
            }

            Turn();
            completed += Reap();
        }

        Assert.Null(_host.ProtocolError);
    }

    /// <summary>Waits for every command, then disables the controller and looks for leftovers.</summary>
    public void Drain()
    {
        for (int turn = 0; Array.Exists(_jobs, j => j.IsUnderWay); turn++)
        {
            Assert.True(turn < 200_000, "a command does not end");
            Turn();
            Reap();
        }

        Assert.True(_host.Disable());
        AssertNothingLeft();
        for (int block = 0; block < Blocks; block++)
        {
            Assert.True(
                _isUnknown[block] || Backend.Media.Slice(block * BlockBytes, BlockBytes).SequenceEqual(_shadow.AsSpan(block * BlockBytes, BlockBytes)),
                $"block {block} is not what was written");
        }
    }

    public void Reset(ResetKind kind)
    {
        Platform.QueueReset(kind);
        AfterReset();
    }

    public void LoseLink()
    {
        Platform.QueueLinkDown();
        Platform.QueueLinkUp();
        AfterReset();
    }

    /// <summary>Unmaps the memory of some jobs, under way or not, and checks from then on that nobody writes there.</summary>
    public void TakeMemoryAway()
    {
        // The first one goes under a command that is in its queue and was not fetched yet: that one must find it gone.
        int idle = Array.FindIndex(_jobs, j => !j.IsUnderWay);
        for (int i = 0; idle >= 0 && i < 100 && !_jobs[idle].IsUnderWay; i++)
        {
            TryBegin(_jobs[idle]);
        }

        for (int i = Math.Max(idle, 0); i < JobsMax; i += 1 + _random.Next(4))
        {
            _isTakenAway[i] = true;
            _jobs[i].LostMemory = true;
            Platform.QueueUnmap(_jobs[i].Base, JobBytes);
        }

        WaitForPlatform();
    }

    public void GiveMemoryBack()
    {
        for (int i = 0; i < JobsMax; i++)
        {
            if (_isTakenAway[i])
            {
                int dirty = Platform.Memory.Bytes(_jobs[i].Base, JobBytes).IndexOfAnyExcept(FakePlatform.UnmappedByte);
                Assert.True(dirty < 0, $"byte {dirty:X}h of memory that is not mapped was written");
                _isTakenAway[i] = false;
                MapJob(i, isQueued: true);
            }
        }

        WaitForPlatform();
    }

    public void Dispose()
    {
        _controller.Dispose();
        Backend.Dispose();
        Platform.Dispose();
        _log.Dispose();
    }

    private bool Turn()
    {
        bool worked = Platform.Poll();
        Backend.Pump(_controller.Engine);
        return (_controller.Turn(Platform.NowNanoseconds) > 0) | worked;
    }

    private void WaitForPlatform()
    {
        for (int turn = 0; Platform.QueuedEventCount > 0 || Platform.Waiting != FakePlatformWait.None; turn++)
        {
            Assert.True(turn < 100_000, $"the firmware keeps the platform waiting: {Platform.Waiting}");
            Turn();
            Reap();
        }
    }

    private void Begin()
    {
        _host.FreeFrom(QueueMemory);
        Assert.True(_host.Enable());
        _host.CreateIoQueues(Queues, QueueEntries);
        _generation++;
    }

    private void AfterReset()
    {
        WaitForPlatform();
        AssertNothingLeft();
        foreach (Job job in _jobs)
        {
            if (job.IsUnderWay)
            {
                Forget(job, wasWritten: true);
            }
        }

        Begin();
    }

    private void AssertNothingLeft()
    {
        Assert.Equal(0, _controller.Engine.InFlight);
        Assert.Equal(_controller.Home.Buffers.Count, _controller.Home.Buffers.FreeCount);
        Assert.Equal(0, Platform.Dma.InFlight);
        Assert.Equal(0, Backend.PendingCount);
        Assert.Null(_host.ProtocolError);
    }

    /// <summary>Regions of random sizes and kinds over the memory of one job.</summary>
    private void MapJob(int index, bool isQueued)
    {
        ulong address = _jobs[index].Base;
        ulong end = address + JobBytes;
        while (address < end)
        {
            ulong length = Math.Min(end - address, (ulong)_random.Next(1, 40) * 1024);
            bool isDirect = _random.Next(3) != 0;
            if (isQueued)
            {
                Platform.QueueMap(address, length, isDirect);
            }
            else
            {
                Platform.Memory.MapRange(address, length, isDirect);
            }

            address += length;
        }
    }

    private void TryBegin(Job job)
    {
        TestSubmissionQueue queue = _host.Submission(_random.Next(1, Queues + 1));
        int count = _random.Next(4) == 0 ? _random.Next(1, BlocksMax + 1) : _random.Next(1, 17);
        int first = _random.Next(Blocks - count + 1);
        if (job.IsUnderWay || queue.IsFull || _isTakenAway[job.Index] || Array.IndexOf(_isBusy, true, first, count) >= 0)
        {
            return;
        }

        Array.Fill(_isBusy, true, first, count);
        job.First = first;
        job.Count = count;
        job.IsWrite = _random.Next(2) == 0;
        job.LostMemory = false;
        SubmissionQueueEntry entry = TestHost.Blocks(job.IsWrite ? NvmOpcode.Write : NvmOpcode.Read, (ulong)first, count);
        Platform.Memory.Bytes(job.Base, JobBytes).Fill(Untouched);
        job.Pieces.Clear();
        if (_random.Next(2) == 0)
        {
            DescribeByPrps(job, ref entry);
        }
        else
        {
            DescribeBySgl(job, ref entry);
        }

        if (job.IsWrite)
        {
            job.Data = new byte[count * BlockBytes];
            _random.NextBytes(job.Data);
            Scatter(job, job.Data, Platform.Memory);
        }

        job.Identifier = queue.Submit(in entry);
        job.Queue = queue;
        job.Generation = _generation;
        job.IsUnderWay = true;
    }

    private void DescribeByPrps(Job job, ref SubmissionQueueEntry entry)
    {
        int left = job.Count * BlockBytes;
        int offset = _random.Next(1024) * 4;
        int page = _random.Next(0, 4);
        entry.Prp1 = job.Base + (ulong)((page * 4096) + offset);
        job.Add(entry.Prp1, Math.Min(left, 4096 - offset));
        left -= 4096 - offset;
        ulong list = job.Base + ListOffset + (ulong)(_random.Next(2) == 0 ? 0 : 4096 - (8 * _random.Next(1, 4)));
        bool isList = left > 4096;
        entry.Prp2 = list;
        for (; left > 0; left -= 4096)
        {
            page += _random.Next(1, 3);
            ulong address = job.Base + (ulong)(page * 4096);
            job.Add(address, Math.Min(left, 4096));
            if (!isList)
            {
                entry.Prp2 = address;
                break;
            }

            if ((list + 8) % 4096 == 0 && left > 4096)
            {
                Platform.Memory.At<ulong>(list) = list + 8;
                list += 8;
            }

            Platform.Memory.At<ulong>(list) = address;
            list += 8;
        }
    }

    private void DescribeBySgl(Job job, ref SubmissionQueueEntry entry)
    {
        List<SglDescriptor> descriptors = [];
        ulong address = job.Base;
        int left = job.Count * BlockBytes;
        while (left > 0)
        {
            bool isBucket = _random.Next(8) == 0;
            int length = Math.Min(left, _random.Next(1, _random.Next(2) == 0 ? 2000 : 30_000));
            address += (ulong)_random.Next(0, 300);
            if (address + (ulong)left + 300 > job.Base + ListOffset)
            {
                length = left;
            }

            descriptors.Add(TestHost.Descriptor(isBucket ? SglDescriptorType.BitBucket : SglDescriptorType.DataBlock, address, (uint)length));
            if (isBucket && job.IsWrite)
            {
                continue; // has no effect
            }

            job.Add(isBucket ? 0 : address, length);
            address += (ulong)length;
            left -= length;
        }

        ulong list = job.Base + ListOffset;
        for (int i = 0; i < descriptors.Count; i++)
        {
            Platform.Memory.At<SglDescriptor>(list + (ulong)(16 * i)) = descriptors[i];
        }

        entry.Cdw0 = entry.Cdw0 with { PrpOrSgl = PrpOrSgl.SglWithMetadataBuffer };
        entry.Sgl1 = descriptors.Count == 1 ? descriptors[0] : TestHost.Descriptor(SglDescriptorType.LastSegment, list, (uint)descriptors.Count * 16);
    }

    private int Reap()
    {
        int completed = 0;
        for (int queue = 1; queue <= Queues; queue++)
        {
            while (_host.TryReap(queue, out CompletionQueueEntry completion))
            {
                Job job = Array.Find(_jobs, j => j.IsUnderWay && j.Queue!.Identifier == completion.SubmissionQueueIdentifier
                    && j.Identifier == completion.CommandIdentifier && j.Generation == _generation)
                    ?? throw new InvalidOperationException($"a completion for command {completion.CommandIdentifier}, which nobody sent");
                End(job, completion.CompletionStatus.Status);
                completed++;
            }
        }

        return completed;
    }

    private void End(Job job, Status status)
    {
        bool isGood = status.IsSuccess && !job.LostMemory;
        Errors += status.IsError ? 1 : 0;
        if (isGood && job.IsWrite)
        {
            job.Data.CopyTo(_shadow, job.First * BlockBytes);
            Array.Fill(_isUnknown, false, job.First, job.Count);
        }
        else if (isGood)
        {
            CompareRead(job);
        }

        Forget(job, wasWritten: !isGood);
    }

    private void CompareRead(Job job)
    {
        if (Array.IndexOf(_isUnknown, true, job.First, job.Count) >= 0)
        {
            return;
        }

        ReadsCompared++;
        int offset = job.First * BlockBytes;
        foreach ((ulong address, int length) in job.Pieces)
        {
            if (address != 0)
            {
                Span<byte> bytes = Platform.Memory.Bytes(address, length);
                Assert.True(bytes.SequenceEqual(_shadow.AsSpan(offset, length)), $"a read of block {job.First} + {job.Count} brought wrong data");
                bytes.Fill(Untouched);
            }

            offset += length;
        }

        int dirty = Platform.Memory.Bytes(job.Base, ListOffset).IndexOfAnyExcept(Untouched);
        Assert.True(dirty < 0, $"a read wrote to {dirty:X}h of its memory, which its data pointer did not name");
    }

    private void Forget(Job job, bool wasWritten)
    {
        if (wasWritten && job.IsWrite)
        {
            Array.Fill(_isUnknown, true, job.First, job.Count);
        }

        Array.Fill(_isBusy, false, job.First, job.Count);
        job.IsUnderWay = false;
    }

    private static void Scatter(Job job, byte[] data, FakeHostMemory memory)
    {
        int offset = 0;
        foreach ((ulong address, int length) in job.Pieces)
        {
            data.AsSpan(offset, length).CopyTo(memory.Bytes(address, length));
            offset += length;
        }
    }

    private sealed class Job
    {
        public required int Index { get; init; }

        public required ulong Base { get; init; }

        public List<(ulong Address, int LengthBytes)> Pieces { get; } = [];

        public byte[] Data { get; set; } = [];

        public int First { get; set; }

        public int Count { get; set; }

        public bool IsWrite { get; set; }

        public bool IsUnderWay { get; set; }

        public bool LostMemory { get; set; }

        public ushort Identifier { get; set; }

        public int Generation { get; set; }

        public TestSubmissionQueue? Queue { get; set; }

        public void Add(ulong address, int lengthBytes) => Pieces.Add((address, lengthBytes));
    }
}
