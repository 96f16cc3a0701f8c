// A device on the fake platform: fast, and with ways that no single real platform has (traps or comparing, pointers or DMA, windows or none).
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Tests.Support;

namespace Nvmepf.Tests.Simulation;

internal sealed unsafe class FakeMachine : Machine
{
    private readonly FakePlatform _platform;
    private readonly Scenario _scenario;

    public FakeMachine(Scenario scenario, SeededRandom random)
    {
        _scenario = scenario;
        _platform = new FakePlatform(new FakePlatformOptions
        {
            Seed = (int)random.Next32(),
            TrapsRegisterWrites = scenario.TrapsRegisterWrites,
            HasWindows = scenario.HasWindows,
            CompletionQueueLimit = scenario.HasWindows ? scenario.QueuePairs + 1 : int.MaxValue,
            InterruptVectorCount = Vectors,
            DmaRequestsMax = scenario.DmaRequestsMax,
            DmaSegmentsMax = 128,
            HostMemoryRegionsMax = 4,
        })
        {
            NanosecondsPerPoll = 0,
        };
        ulong address = random.Pick<ulong>([0x10_0000, 0x1_0000_0000, 0x9_0000_0000, 0xFFFF_FFFF_FFF0_0000]);
        _platform.Memory.InstallMapped(address, HostRam.LengthBytes, scenario.IsMemoryDirect);
        Ram = new HostRam(address, _platform.Memory.Pointer(address, HostRam.LengthBytes));
        _platform.Dma.PumpsOnPoll = true;
        _platform.QueueLinkUp();
    }

    public override IPlatform Platform => _platform;

    public override HostRam Ram { get; }

    public override string? Violation => _platform.Dma.ContractViolation;

    public override bool MayReportDmaErrors => _scenario.DmaFails > 0;

    public override ulong StrayAddress => Ram.Address - 0x8_0000;

    public override bool LosesStrayWrites => false;

    public override bool IsSettling => _platform.QueuedEventCount > 0 || _platform.Waiting != FakePlatformWait.None;

    public override uint ReadRegister(int offset) => Mmio.Read32(_platform.HostBar.Word32((uint)offset));

    public override void WriteRegister(int offset, uint value) => _platform.QueueRegisterWrite((uint)offset, value, 4);

    public override void WriteRegister64(int offset, ulong value)
    {
        if ((value & 0x1000) != 0)
        {
            // As 32-bit hosts do it.
            _platform.QueueRegisterWrite((uint)offset, (uint)value, 4);
            _platform.QueueRegisterWrite((uint)offset + 4, (uint)(value >> 32), 4);
        }
        else
        {
            _platform.QueueRegisterWrite((uint)offset, value, 8);
        }
    }

    public override void WriteDoorbell(int offset, uint value) => Mmio.Write32(_platform.HostBar.Word32((uint)offset), value);

    public override void Attach()
    {
        _platform.IsBusMasterEnabled = true;
        for (int vector = 0; vector < Vectors; vector++)
        {
            _platform.SetInterruptMask(vector, false);
        }
    }

    public override void HotReset()
    {
        _platform.IsBusMasterEnabled = false;
        _platform.QueueReset(ResetKind.Conventional);
    }

    public override void LoseLink()
    {
        _platform.IsBusMasterEnabled = false;
        _platform.QueueLinkDown();
        _platform.QueueLinkUp();
    }

    public override void SetBusMaster(bool isEnabled) => _platform.IsBusMasterEnabled = isEnabled;

    public override long InterruptCount(int vector) => _platform.InterruptCount(vector);

    public override void SetVectorMask(int vector, bool isMasked) => _platform.SetInterruptMask(vector, isMasked);

    public override void SetFaults(bool areOn) => _platform.Dma.FailOneIn = areOn ? _scenario.DmaFails : 0;

    public override void Advance(long nanoseconds) => _platform.NowNanoseconds += nanoseconds;

    public override void Dispose()
    {
        Ram.Dispose();
        _platform.Dispose();
    }
}
