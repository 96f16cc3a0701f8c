// Power State Descriptor, 32 of which end the Identify Controller data structure (NVMe Base 2.1, 5.1.13.2.1).
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>Byte 3 of a power state descriptor.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct PowerStateFlags(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>MXPS, bit 0: MP is in units of 0.0001 W, else of 0.01 W.</summary>
    public bool MaximumPowerScaleIn100Microwatts { get => Bits.Test(Raw, 0); init => Raw = (byte)Bits.With(Raw, 0, value); }

    /// <summary>NOPS, bit 1: no I/O is processed in this state.</summary>
    public bool NonOperationalState { get => Bits.Test(Raw, 1); init => Raw = (byte)Bits.With(Raw, 1, value); }
}

/// <summary>Byte 18 (IPS) of a power state descriptor.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct PowerScale(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>Bits 7:6: 0 not reported, 1 for 0.0001 W, 2 for 0.01 W.</summary>
    public byte Scale { get => (byte)Bits.Get(Raw, 6, 2); init => Raw = (byte)Bits.With(Raw, 6, 2, value); }
}

/// <summary>Byte 22 of a power state descriptor.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct ActivePowerWorkloadAndScale(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>APW, bits 2:0.</summary>
    public byte ActivePowerWorkload { get => (byte)Bits.Get(Raw, 0, 3); init => Raw = (byte)Bits.With(Raw, 0, 3, value); }

    /// <summary>APS, bits 7:6: 0 not reported, 1 for 0.0001 W, 2 for 0.01 W.</summary>
    public byte ActivePowerScale { get => (byte)Bits.Get(Raw, 6, 2); init => Raw = (byte)Bits.With(Raw, 6, 2, value); }
}

/// <summary>Power State Descriptor, 32 bytes (NVMe Base 2.1, 5.1.13.2.1, figure "Power State Descriptor Data Structure").</summary>
[StructLayout(LayoutKind.Explicit, Size = 32, Pack = 1)]
public struct PowerStateDescriptor
{
    /// <summary>MP, in the unit of MXPS.</summary>
    [FieldOffset(0)] public ushort MaximumPower;

    /// <summary>MXPS and NOPS.</summary>
    [FieldOffset(3)] public PowerStateFlags Flags;

    /// <summary>ENLAT.</summary>
    [FieldOffset(4)] public uint EntryLatencyMicroseconds;

    /// <summary>EXLAT.</summary>
    [FieldOffset(8)] public uint ExitLatencyMicroseconds;

    /// <summary>RRT, bits 4:0; lower is better.</summary>
    [FieldOffset(12)] public byte RelativeReadThroughput;

    /// <summary>RRL, bits 4:0; lower is better.</summary>
    [FieldOffset(13)] public byte RelativeReadLatency;

    /// <summary>RWT, bits 4:0; lower is better.</summary>
    [FieldOffset(14)] public byte RelativeWriteThroughput;

    /// <summary>RWL, bits 4:0; lower is better.</summary>
    [FieldOffset(15)] public byte RelativeWriteLatency;

    /// <summary>IDLP, in the unit of IPS.</summary>
    [FieldOffset(16)] public ushort IdlePower;

    /// <summary>IPS.</summary>
    [FieldOffset(18)] public PowerScale IdlePowerScale;

    /// <summary>ACTP, in the unit of APS.</summary>
    [FieldOffset(20)] public ushort ActivePower;

    /// <summary>APW and APS.</summary>
    [FieldOffset(22)] public ActivePowerWorkloadAndScale ActivePowerWorkloadAndScale;

    /// <summary>EPFRT, in the unit of EPFRTS.</summary>
    [FieldOffset(23)] public byte EmergencyPowerFailRecoveryTime;

    /// <summary>FQVT, in the unit of FQVTS.</summary>
    [FieldOffset(24)] public byte ForcedQuiescenceVaultTime;

    /// <summary>EPFVT, in the unit of EPFVTS.</summary>
    [FieldOffset(25)] public byte EmergencyPowerFailVaultTime;

    /// <summary>EPFRTS and FQVTS.</summary>
    [FieldOffset(26)] public RecoveryAndQuiescenceTimeScales RecoveryAndQuiescenceTimeScales;

    /// <summary>EPFVTS.</summary>
    [FieldOffset(27)] public EmergencyPowerFailVaultTimeScale EmergencyPowerFailVaultTimeScale;
}

/// <summary>Byte 26 of a power state descriptor.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct RecoveryAndQuiescenceTimeScales(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>EPFRTS, bits 3:0.</summary>
    public byte EmergencyPowerFailRecoveryTimeScale { get => (byte)Bits.Get(Raw, 0, 4); init => Raw = (byte)Bits.With(Raw, 0, 4, value); }

    /// <summary>FQVTS, bits 7:4.</summary>
    public byte ForcedQuiescenceVaultTimeScale { get => (byte)Bits.Get(Raw, 4, 4); init => Raw = (byte)Bits.With(Raw, 4, 4, value); }
}

/// <summary>Byte 27 of a power state descriptor.</summary>
/// <param name="raw">The whole byte.</param>
public readonly struct EmergencyPowerFailVaultTimeScale(byte raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly byte Raw = raw;

    /// <summary>EPFVTS, bits 3:0.</summary>
    public byte Scale { get => (byte)Bits.Get(Raw, 0, 4); init => Raw = (byte)Bits.With(Raw, 0, 4, value); }
}
