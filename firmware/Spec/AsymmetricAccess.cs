// Asymmetric Namespace Access: the log page 0Ch (NVMe Base 2.1, 5.1.12.1.13) and the states of groups (8.1.1).
using System;
using System.Runtime.InteropServices;

namespace Nvmepf.Spec;

/// <summary>ANA state of a group.</summary>
public enum AnaState : byte
{
    /// <summary>ANA Optimized.</summary>
    Optimized = 0x1,

    /// <summary>ANA Non-Optimized.</summary>
    NonOptimized = 0x2,

    /// <summary>ANA Inaccessible.</summary>
    Inaccessible = 0x3,

    /// <summary>ANA Persistent Loss.</summary>
    PersistentLoss = 0x4,

    /// <summary>ANA Change.</summary>
    Change = 0xF,
}

/// <summary>ANACAP.</summary>
[Flags]
public enum AnaCapabilities : byte
{
    /// <summary>No bit set.</summary>
    None = 0,

    /// <summary>ANA Optimized is reported.</summary>
    Optimized = 1 << 0,

    /// <summary>ANA Non-Optimized is reported.</summary>
    NonOptimized = 1 << 1,

    /// <summary>ANA Inaccessible is reported.</summary>
    Inaccessible = 1 << 2,

    /// <summary>ANA Persistent Loss is reported.</summary>
    PersistentLoss = 1 << 3,

    /// <summary>ANA Change is reported.</summary>
    Change = 1 << 4,

    /// <summary>ANAGRPID does not change while a namespace is attached.</summary>
    GroupIdentifierDoesNotChange = 1 << 6,

    /// <summary>A non-zero ANAGRPID is supported in Namespace Management.</summary>
    GroupIdentifierManagement = 1 << 7,
}

/// <summary>Header of the Asymmetric Namespace Access log page, 16 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16, Pack = 1)]
public struct AnaLogHeader
{
    /// <summary>LSP bit 0 of Get Log Page, RGO: groups without their namespaces.</summary>
    public const byte ReturnGroupsOnly = 1;

    /// <summary>CHNGC.</summary>
    [FieldOffset(0)] public ulong ChangeCount;

    /// <summary>NAGD.</summary>
    [FieldOffset(8)] public ushort NumberOfGroupDescriptors;
}

/// <summary>ANA group descriptor, 32 bytes; its NSIDs follow.</summary>
[StructLayout(LayoutKind.Explicit, Size = 32, Pack = 1)]
public struct AnaGroupDescriptor
{
    /// <summary>AGID.</summary>
    [FieldOffset(0)] public uint AnaGroupIdentifier;

    /// <summary>NNV: NSIDs that follow.</summary>
    [FieldOffset(4)] public uint NumberOfNamespaceIdentifiers;

    /// <summary>CHNGC.</summary>
    [FieldOffset(8)] public ulong ChangeCount;

    /// <summary>AS, bits 3:0.</summary>
    [FieldOffset(16)] public AnaState State;
}
