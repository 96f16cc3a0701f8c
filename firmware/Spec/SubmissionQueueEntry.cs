// The 64-byte submission queue entry and its dword 0 (NVMe Base 2.1, 4.1.1).
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>FUSE: whether the command is half of a fused operation.</summary>
public enum FusedOperation : byte
{
    /// <summary>00b: a command of its own.</summary>
    Normal = 0,

    /// <summary>01b: the first command of a fused operation.</summary>
    First = 1,

    /// <summary>10b: the second command of a fused operation.</summary>
    Second = 2,

    /// <summary>11b: reserved.</summary>
    Reserved = 3,
}

/// <summary>PSDT: how the command describes its data in host memory.</summary>
public enum PrpOrSgl : byte
{
    /// <summary>00b: PRPs.</summary>
    Prp = 0,

    /// <summary>01b: SGLs; MPTR, where used, is the address of one contiguous buffer.</summary>
    SglWithMetadataBuffer = 1,

    /// <summary>10b: SGLs; MPTR, where used, is the address of an SGL segment.</summary>
    SglWithMetadataSgl = 2,

    /// <summary>11b: reserved.</summary>
    Reserved = 3,
}

/// <summary>CDW0 of every command (NVMe Base 2.1, 4.1.1, figure "Command Dword 0").</summary>
/// <param name="raw">The whole dword.</param>
public readonly struct CommandDword0(uint raw)
{
    /// <summary>All bits, as on the wire.</summary>
    public readonly uint Raw = raw;

    /// <summary>OPC, bits 7:0.</summary>
    public byte Opcode { get => (byte)Bits.Get(Raw, 0, 8); init => Raw = Bits.With(Raw, 0, 8, value); }

    /// <summary>FUSE, bits 9:8.</summary>
    public FusedOperation FusedOperation { get => (FusedOperation)Bits.Get(Raw, 8, 2); init => Raw = Bits.With(Raw, 8, 2, (uint)value); }

    /// <summary>PSDT, bits 15:14.</summary>
    public PrpOrSgl PrpOrSgl { get => (PrpOrSgl)Bits.Get(Raw, 14, 2); init => Raw = Bits.With(Raw, 14, 2, (uint)value); }

    /// <summary>CID, bits 31:16.</summary>
    public ushort CommandIdentifier { get => (ushort)Bits.Get(Raw, 16, 16); init => Raw = Bits.With(Raw, 16, 16, value); }
}

/// <summary>SQE, 64 bytes (NVMe Base 2.1, 4.1.1, figure "Common Command Format").</summary>
[StructLayout(LayoutKind.Explicit, Size = 64, Pack = 1)]
public struct SubmissionQueueEntry
{
    /// <summary>CDW0: opcode, fused operation, PRP or SGL, command identifier.</summary>
    [FieldOffset(0)] public CommandDword0 Cdw0;

    /// <summary>NSID.</summary>
    [FieldOffset(4)] public uint NamespaceIdentifier;

    /// <summary>CDW2, command specific.</summary>
    [FieldOffset(8)] public uint Cdw2;

    /// <summary>CDW3, command specific.</summary>
    [FieldOffset(12)] public uint Cdw3;

    /// <summary>MPTR: where the metadata, or its SGL, is.</summary>
    [FieldOffset(16)] public ulong MetadataPointer;

    /// <summary>DPTR as PRP Entry 1; shares its bytes with <see cref="Sgl1"/>.</summary>
    [FieldOffset(24)] public ulong Prp1;

    /// <summary>DPTR as PRP Entry 2; shares its bytes with <see cref="Sgl1"/>.</summary>
    [FieldOffset(32)] public ulong Prp2;

    /// <summary>DPTR as SGL Entry 1, 16 bytes; shares its bytes with the PRP entries.</summary>
    [FieldOffset(24)] public SglDescriptor Sgl1;

    /// <summary>CDW10, command specific.</summary>
    [FieldOffset(40)] public uint Cdw10;

    /// <summary>CDW11, command specific.</summary>
    [FieldOffset(44)] public uint Cdw11;

    /// <summary>CDW12, command specific.</summary>
    [FieldOffset(48)] public uint Cdw12;

    /// <summary>CDW13, command specific.</summary>
    [FieldOffset(52)] public uint Cdw13;

    /// <summary>CDW14, command specific.</summary>
    [FieldOffset(56)] public uint Cdw14;

    /// <summary>CDW15, command specific.</summary>
    [FieldOffset(60)] public uint Cdw15;

    /// <summary>SLBA of the NVM Command Set's I/O commands: CDW10 (lower half) and CDW11 (upper half).</summary>
    [FieldOffset(40)] public ulong StartingLba;

        /// <summary>The size of an entry in bytes; 2^6, the only size that the NVM Command Set uses.</summary>
        public const int SizeBytes = 64;

        /// <summary>NSID value that stands for all namespaces, where a command allows it.</summary>
        public const uint BroadcastNamespaceIdentifier = 0xFFFFFFFF;
}
