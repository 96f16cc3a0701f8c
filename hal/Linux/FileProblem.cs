using System;
using System.IO;

namespace Nvmepf.Hal.Linux;

/// <summary>
/// What is wrong where the class library could not do something with a file. Its own messages are not in the binary: there they are names of
/// texts, which say nothing to who reads them.
/// </summary>
public static class FileProblem
{
    private const int ErrnoMaximum = 4095;

    /// <summary>Text for a message, without the file's name.</summary>
    public static string Describe(Exception problem) => problem switch
    {
        UnauthorizedAccessException => "permission denied",
        DirectoryNotFoundException or FileNotFoundException => "no such file or directory",
        PathTooLongException => "the path is too long",
        ArgumentException => "not a path",
        IOException { HResult: > 0 and <= ErrnoMaximum } => Errno.Describe(problem.HResult), // the library keeps the system's number there
        _ => "input/output error",
    };
}
