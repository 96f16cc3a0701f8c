// What the simulated host sees of a device: registers, its own RAM, interrupts, a link; and what the simulation may do to it. One
// implementation for each platform that the firmware runs on here.
using Nvmepf.Hal;

namespace Nvmepf.Tests.Simulation;

internal abstract class Machine : IDisposable
{
    public const int Vectors = 8;

    public abstract IPlatform Platform { get; }

    public abstract HostRam Ram { get; }

    /// <summary>Vectors that a completion queue may name.</summary>
    public virtual int VectorCount => Vectors;

    /// <summary>True where commands may fail for what goes wrong between device and host.</summary>
    public abstract bool MayReportDmaErrors { get; }

    /// <summary>True where the platform may give its engine up, which the controller says by CSTS.CFS.</summary>
    public virtual bool MayGiveUp => MayReportDmaErrors;

    /// <summary>How often reads of these addresses were refused so far.</summary>
    public virtual long RefusalsIn(ulong address, int lengthBytes) => 0;

    /// <summary>True where only a command whose own addresses were refused may fail; false where nobody can tell whose fault a fault is.</summary>
    public virtual bool KnowsWhatWasRefused => false;

    /// <summary>What the firmware or the model was caught at, or null.</summary>
    public abstract string? Violation { get; }

    /// <summary>True while the device asserts INTx, which it must take back when nothing is left to say.</summary>
    public virtual bool IsLevelAsserted => false;

    /// <summary>The host has broken the rules of its queues: the device may run what looks like commands, with addresses that nobody meant.</summary>
    public bool MayStray { get; set; }

    /// <summary>A host address where there is nothing.</summary>
    public abstract ulong StrayAddress { get; }

    /// <summary>True where what the device reads from such an address is all ones and no error: window copies cannot tell.</summary>
    public virtual bool LosesStrayReads => false;

    /// <summary>True where taking bus mastering away fails what is under way, so that a host must let it end first.</summary>
    public virtual bool NeedsQuietForBusMaster => false;

    /// <summary>True where what the device writes to such an address is dropped without a word, as PCIe drops posted writes.</summary>
    public abstract bool LosesStrayWrites { get; }

    /// <summary>True until a reset or a register write that the host has begun has reached the device.</summary>
    public abstract bool IsSettling { get; }

    /// <summary>A register access that came back with all ones, or went nowhere, because the link is down or memory space off.</summary>
    public abstract uint ReadRegister(int offset);

    public abstract void WriteRegister(int offset, uint value);

    public abstract void WriteRegister64(int offset, ulong value);

    public abstract void WriteDoorbell(int offset, uint value);

    /// <summary>Finds the function and makes it usable: link up, BAR, bus mastering, MSI-X. Also after a reset.</summary>
    public abstract void Attach();

    public abstract void HotReset();

    public abstract void LoseLink();

    public abstract void SetBusMaster(bool isEnabled);

    /// <summary>Messages that have arrived for a vector.</summary>
    public abstract long InterruptCount(int vector);

    public abstract void SetVectorMask(int vector, bool isMasked);

    /// <summary>Turns what goes wrong between device and host on, at the scenario's rate, or off.</summary>
    public abstract void SetFaults(bool areOn);

    /// <summary>What the platform and the hardware below it did last, for a run that failed.</summary>
    public virtual string PrintLog() => string.Empty;

    /// <summary>Time passes, and with it what hardware does on its own.</summary>
    public abstract void Advance(long nanoseconds);

    public abstract void Dispose();
}
